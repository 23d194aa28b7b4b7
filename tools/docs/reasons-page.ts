import { type ReasonExplanation, reasonExplanations, statsigReasonExplanations } from '@app/delivery';

/** docs/reasons.md */
export function reasonsPage(): string {
  return [
    '<!-- Written by `npm run docs:config` from libs/delivery/src/domain/reasons.ts. -->',
    '# Reasons',
    'Why an event was not sent, or not yet: the reason of a dead letter (header `dead-letter-reason`), of a receipt, and of ' +
      'the metrics `mapper_outcomes_total` and `dispatcher_outcomes_total`. The console shows what each means and what to do.',
    '## Before Statsig',
    table(Object.entries(reasonExplanations).map(([reason, explanation]) => [`\`${reason}\``, explanation])),
    '## Statsig',
    'Which responses are repeated, suspend the integration or make a dead letter: [reliability.md](reliability.md).',
    table(statsigReasonExplanations.map(({ codes, ...explanation }) => [codes, explanation])),
    '',
  ].join('\n\n');
}

function table(rows: readonly [string, ReasonExplanation][]): string {
  return [
    '| reason | meaning | what to do |',
    '| --- | --- | --- |',
    ...rows.map(([reason, { meaning, remedy }]) => `| ${reason} | ${cell(meaning)} | ${cell(remedy)} |`),
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
