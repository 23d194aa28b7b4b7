import type { Preview, PreviewedDelivery, PreviewedOutcome } from '../../../../apps/console/api/preview';
import {
  deliveryFacts,
  filterName,
  sideWords,
  trimmingText,
} from '../../../../apps/console/api/preview-words';

/** @param file of the settings that are compared with the current ones; undefined if the current ones are shown */
export function previewText(
  { eventId, type, isCustomerKnown, draft, saved, isSame }: Preview,
  file?: string,
): string {
  return [
    `${type} ${eventId}`,
    ...(isCustomerKnown ? [] : ['Nothing is known of its customer yet.']),
    '',
    `With ${file === undefined ? 'the current settings' : `the settings in ${file}`}:`,
    ...draft.flatMap(outcomeLines),
    ...(file === undefined ? [] : ['', ...savedLines(saved, isSame)]),
    '',
    'Nothing was sent or stored.',
  ].join('\n');
}

function savedLines(saved: Preview['saved'], isSame: boolean): string[] {
  if (saved === null) return ['The project has no current settings that can be read.'];
  if (isSame) return ['With the current settings: the same.'];
  return ['With the current settings:', ...saved.flatMap(outcomeLines)];
}

function outcomeLines(outcome: PreviewedOutcome): string[] {
  const side = outcome.side === null ? [] : [`  ${sideWords[outcome.side]}:`];
  if (outcome.kind === 'delivery') return [...side, '  sent', ...deliveryLines(outcome)];
  const { kind, reason, rule, detail, explanation } = outcome;
  const what = kind === 'filtered' ? `filtered out by ${filterName(reason, rule)}` : 'a dead letter';
  return [
    ...side,
    `  ${what} (${reason})`,
    `    ${detail}`,
    ...(explanation === null ? [] : [`    What to do: ${explanation.remedy}`]),
  ];
}

function deliveryLines(delivery: PreviewedDelivery): string[] {
  const { trimmed, request } = delivery;
  const facts = {
    ...deliveryFacts(delivery),
    Trimmed: trimmed.map(trimmingText).join('; ') || 'nothing',
    Body: request.body,
  };
  return Object.entries(facts).map(([label, text]) => `    ${label.padEnd(16)} ${text}`);
}
