import { countOf, type Finding, type Level } from './finding';

const labels: Record<Level, string> = { ok: 'ok     ', warning: 'WARNING', error: 'ERROR  ' };

export function reportText(findings: readonly Finding[]): string {
  return [
    ...findings.flatMap(({ level, subject, found, action }) => [
      `${labels[level]}  ${subject}: ${found}`,
      ...(action === undefined ? [] : [`         ${action}`]),
    ]),
    '',
    `${countOf(findings, 'error')} errors, ${countOf(findings, 'warning')} warnings.`,
  ].join('\n');
}
