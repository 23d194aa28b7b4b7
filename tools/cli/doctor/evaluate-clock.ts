import { error, type Finding, ok, warning } from './finding';

/** Time of another clock, minus the time of this machine. */
export interface ClockDifference {
  /** Whose clock, such as `Redis`. */
  source: string;
  differenceMs: number;
  /** Maximum error of the measurement: half of the round trip, plus the resolution of the other clock. */
  uncertaintyMs: number;
}

const subject = 'clock';
const warningMs = 1_000;
const errorMs = 30_000;
const synchronize = 'Synchronize the clocks of all machines with NTP.';

/** @param futureRecords number of events in Kafka whose time is more than a minute ahead of this clock */
export function evaluateClock(differences: readonly ClockDifference[], futureRecords = 0): Finding[] {
  const findings = differences.flatMap(({ source, differenceMs, uncertaintyMs }): Finding[] => {
    const atLeastMs = Math.abs(differenceMs) - uncertaintyMs;
    if (atLeastMs < warningMs) return [];
    const seconds = (Math.abs(differenceMs) / 1_000).toFixed(1);
    const found = `The clock of ${source} is ${seconds} s ${differenceMs > 0 ? 'ahead of' : 'behind'} this machine: times, ages and signatures of webhooks are wrong.`;
    return [(atLeastMs < errorMs ? warning : error)(subject, found, synchronize)];
  });
  if (futureRecords > 0) {
    findings.push(
      warning(
        subject,
        `${futureRecords} events in Kafka have a time more than a minute ahead of this machine, so Kafka keeps them for longer.`,
        `Check the clocks of this machine and of the producers. ${synchronize}`,
      ),
    );
  }
  if (findings.length > 0 || differences.length === 0) return findings;
  const sources = differences.map(({ source }) => source).join(', ');
  return [ok(subject, `It agrees with: ${sources}.`)];
}
