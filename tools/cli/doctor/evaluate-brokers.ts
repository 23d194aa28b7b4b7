import { type BrokerDescription } from '@app/kafka';
import { error, type Finding, ok, warning } from './finding';

/** @param replicationFactor number of replicas that the settings require */
export function evaluateBrokers(brokers: readonly BrokerDescription[], replicationFactor: number): Finding[] {
  const findings: Finding[] = [];
  const versions = [...new Set(brokers.map(({ version }) => version ?? 'unknown'))];
  if (brokers.length < replicationFactor) {
    findings.push(
      error(
        'Kafka',
        `${brokers.length} brokers are running, but TOPIC_REPLICATION_FACTOR is ${replicationFactor}.`,
        'Start the missing brokers, or lower TOPIC_REPLICATION_FACTOR.',
      ),
    );
  } else if (brokers.length === 1) {
    findings.push(
      warning(
        'Kafka',
        'There is one broker: accepted events are lost if it loses its disk, and webhooks are rejected while it restarts.',
        'Use at least three brokers in production.',
      ),
    );
  }
  if (versions.length > 1) {
    findings.push(
      warning(
        'Kafka',
        `The brokers have different versions: ${brokers.map(({ address, version }) => `${address} ${version ?? 'unknown'}`).join(', ')}.`,
        'Finish the upgrade, or check the brokers whose version is unknown.',
      ),
    );
  }
  if (!brokers.some(({ isController }) => isController)) {
    findings.push(
      error('Kafka', 'The cluster has no controller.', "Check the brokers' and controllers' logs."),
    );
  }
  if (findings.some(({ level }) => level === 'error')) return findings;
  const addresses = brokers.map(({ address }) => address).join(', ');
  return [ok('Kafka', `Reachable: version ${versions.join(', ')} at ${addresses}.`), ...findings];
}
