import { type TopicDescription, type TopicSpec } from '@app/kafka';
import { formatDuration } from '@app/platform';
import { error, type Finding, ok, warning } from './finding';

/** @param actual undefined if the topic does not exist */
export function evaluateTopic(actual: TopicDescription | undefined, wanted: TopicSpec): Finding[] {
  const { topic } = wanted;
  if (actual === undefined) {
    return [error(topic, 'The topic does not exist.', 'Create it: npm run cli -- topics.')];
  }
  const findings = [
    ...evaluatePartitions(actual, wanted),
    ...evaluateReplicas(actual, wanted),
    ...evaluateRetention(actual, wanted),
    ...evaluateLimits(actual, wanted),
  ];
  const { partitions, replicationFactor } = wanted;
  return findings.length === 0
    ? [ok(topic, `${partitions} partitions with ${replicationFactor} replicas, and the configured settings.`)]
    : findings;
}

function evaluatePartitions({ topic, partitions }: TopicDescription, wanted: TopicSpec): Finding[] {
  const actual = partitions.length;
  if (wanted.growsToSpec === true) {
    return actual >= wanted.partitions
      ? []
      : [
          error(
            topic,
            `It has ${actual} partitions, but the mapper assigns keys to ${wanted.partitions}.`,
            'Add the missing partitions: npm run cli -- topics.',
          ),
        ];
  }
  return actual === wanted.partitions
    ? []
    : [
        warning(
          topic,
          `It has ${actual} partitions, but ${wanted.partitions} are configured.`,
          'Set TOPIC_PARTITIONS to the actual count, or add partitions as docs/deploy.md describes: that moves customers between partitions.',
        ),
      ];
}

function evaluateReplicas({ topic, partitions, config }: TopicDescription, wanted: TopicSpec): Finding[] {
  const findings: Finding[] = [];
  const numbers = (isBad: (partition: (typeof partitions)[number]) => boolean): string =>
    partitions
      .filter(isBad)
      .map(({ partition }) => partition)
      .join(', ');
  const minInSync = numberIn(config, 'min.insync.replicas');
  const leaderless = numbers(({ leader }) => leader === undefined);
  if (leaderless !== '') {
    findings.push(
      error(
        topic,
        `Partitions without a leader, which can be neither read nor written: ${leaderless}.`,
        'Start the brokers that have their replicas.',
      ),
    );
  }
  const rejecting = numbers(
    ({ leader, inSyncReplicas }) => leader !== undefined && inSyncReplicas.length < (minInSync ?? 1),
  );
  const lagging = numbers(({ replicas, inSyncReplicas }) => inSyncReplicas.length < replicas.length);
  if (rejecting !== '') {
    findings.push(
      error(
        topic,
        `Partitions with fewer in-sync replicas than min.insync.replicas, which reject writes: ${rejecting}.`,
        'Start the missing brokers, and check that their disks are not full.',
      ),
    );
  } else if (lagging !== '') {
    findings.push(
      warning(
        topic,
        `Partitions with replicas that are not in sync: ${lagging}.`,
        'Check whether a broker is down or overloaded.',
      ),
    );
  }
  const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
  if (replicas < wanted.replicationFactor) {
    findings.push(
      warning(
        topic,
        `It has ${replicas} replicas, but ${wanted.replicationFactor} are configured.`,
        'Add replicas with kafka-reassign-partitions.sh, or correct TOPIC_REPLICATION_FACTOR.',
      ),
    );
  }
  const wantedInSync = numberOf(wanted, 'min.insync.replicas');
  if (minInSync !== undefined && wantedInSync !== undefined && minInSync < wantedInSync) {
    findings.push(
      error(
        topic,
        `min.insync.replicas is ${minInSync}, but ${wantedInSync} is configured: an accepted event can be lost with one broker.`,
        alter(topic, 'min.insync.replicas', wantedInSync),
      ),
    );
  }
  if (minInSync !== undefined && minInSync === replicas && replicas > 1) {
    findings.push(
      warning(
        topic,
        `min.insync.replicas equals the number of replicas (${replicas}): writes are rejected while any broker is down.`,
        `Use more replicas than min.insync.replicas.`,
      ),
    );
  }
  if (config.get('unclean.leader.election.enable') === 'true') {
    findings.push(
      error(
        topic,
        'unclean.leader.election.enable is true: acknowledged events can be lost.',
        alter(topic, 'unclean.leader.election.enable', 'false'),
      ),
    );
  }
  return findings;
}

function evaluateRetention({ topic, config }: TopicDescription, wanted: TopicSpec): Finding[] {
  const findings: Finding[] = [];
  const policy = config.get('cleanup.policy');
  if (policy !== undefined && policy !== wanted.config['cleanup.policy']) {
    findings.push(
      error(
        topic,
        `cleanup.policy is ${policy}: compaction deletes all but the last event of a customer.`,
        alter(topic, 'cleanup.policy', 'delete'),
      ),
    );
  }
  const [actualMs, wantedMs] = [numberIn(config, 'retention.ms'), numberOf(wanted, 'retention.ms')];
  if (actualMs !== undefined && wantedMs !== undefined && actualMs !== wantedMs) {
    const text = `retention.ms is ${durationText(actualMs)}, but ${durationText(wantedMs)} is configured`;
    const isShorter = actualMs >= 0 && actualMs < wantedMs;
    findings.push(
      isShorter
        ? error(topic, `${text}: waiting events are deleted earlier.`, alter(topic, 'retention.ms', wantedMs))
        : warning(
            topic,
            `${text}: an event may wait for longer than its id is remembered, and be delivered again.`,
            alter(topic, 'retention.ms', wantedMs),
          ),
    );
  }
  const retentionBytes = numberIn(config, 'retention.bytes');
  if (retentionBytes !== undefined && retentionBytes >= 0) {
    findings.push(
      warning(
        topic,
        `retention.bytes is ${retentionBytes}: waiting events are deleted when a partition is larger, whatever their age.`,
        alter(topic, 'retention.bytes', -1),
      ),
    );
  }
  const [segmentMs, wantedSegmentMs] = [numberIn(config, 'segment.ms'), numberOf(wanted, 'segment.ms')];
  if (segmentMs !== undefined && wantedSegmentMs !== undefined && segmentMs > wantedSegmentMs) {
    findings.push(
      warning(
        topic,
        `segment.ms is ${durationText(segmentMs)}, but ${durationText(wantedSegmentMs)} is configured: records outlive their retention by more.`,
        alter(topic, 'segment.ms', wantedSegmentMs),
      ),
    );
  }
  return findings;
}

function evaluateLimits({ topic, config }: TopicDescription, wanted: TopicSpec): Finding[] {
  const name = 'max.message.bytes';
  const [actual, minimum] = [numberIn(config, name), numberOf(wanted, name)];
  if (actual === undefined || minimum === undefined || actual >= minimum) return [];
  return [
    error(
      topic,
      `${name} is ${actual}, but ${minimum} is configured: Kafka rejects larger records.`,
      alter(topic, name, minimum),
    ),
  ];
}

function alter(topic: string, name: string, value: string | number): string {
  return `kafka-configs.sh --bootstrap-server … --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value}`;
}

function numberIn(config: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = config.get(name);
  return text === undefined ? undefined : Number(text);
}

function numberOf({ config }: TopicSpec, name: string): number | undefined {
  return config[name] === undefined ? undefined : Number(config[name]);
}

function durationText(ms: number): string {
  return ms < 0 ? 'unlimited' : formatDuration(ms);
}
