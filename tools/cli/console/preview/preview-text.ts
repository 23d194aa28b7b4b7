import type {
  Preview,
  PreviewedDelivery,
  PreviewedOutcome,
  PreviewedTrimming,
} from '../../../../apps/console/api/preview';

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

const sides = { from: ', for the customer who lost the purchases', to: ', for the customer who gained them' };

function outcomeLines(outcome: PreviewedOutcome): string[] {
  const side = outcome.side === null ? '' : sides[outcome.side];
  if (outcome.kind === 'delivery') return [`  sent${side}`, ...deliveryLines(outcome)];
  const { kind, reason, detail, explanation } = outcome;
  return [
    `  ${kind === 'filtered' ? 'not sent' : 'a dead letter'}${side}: ${detail} (${reason})`,
    ...(explanation === null ? [] : [`    ${explanation.remedy}`]),
  ];
}

function deliveryLines(delivery: PreviewedDelivery): string[] {
  const { name, userId, identity, customIds, value, environment, tier, trimmed, request } = delivery;
  const fields: [string, string | number | null][] = [
    ['name', name],
    ['user', userId === null ? null : `${userId}${identity === null ? '' : ` (by ${identity})`}`],
    [
      'custom ids',
      customIds === null ? null : listOf(Object.entries(customIds).map((pair) => pair.join('='))),
    ],
    ['value', value],
    ['environment', `${environment}${tier === null ? '' : `, tier ${tier}`}`],
    ['changed', listOf(trimmed.map(trimmingText))],
    ['request', `${request.method} ${request.url}`],
    ['body', request.body],
  ];
  return fields.flatMap(([label, text]) => (text === null ? [] : [`    ${label.padEnd(12)} ${text}`]));
}

function listOf(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join(', ');
}

function trimmingText({ part, name, cause }: PreviewedTrimming): string {
  return `${part.replaceAll('_', ' ')} ${name} (${cause.replaceAll('_', ' ')})`;
}
