import { exitCodes } from '../exit-codes';

export type Level = 'ok' | 'warning' | 'error';

/** What one check found. */
export interface Finding {
  level: Level;
  /** What was checked, such as `Redis` or the name of a topic. */
  subject: string;
  found: string;
  /** What the operator should do. Absent if nothing. */
  action?: string;
}

export function ok(subject: string, found: string): Finding {
  return { level: 'ok', subject, found };
}

export function warning(subject: string, found: string, action: string): Finding {
  return { level: 'warning', subject, found, action };
}

export function error(subject: string, found: string, action: string): Finding {
  return { level: 'error', subject, found, action };
}

export function countOf(findings: readonly Finding[], level: Level): number {
  return findings.filter((finding) => finding.level === level).length;
}

export function exitCodeFor(findings: readonly Finding[]): number {
  return countOf(findings, 'error') > 0 ? exitCodes.failed : exitCodes.ok;
}
