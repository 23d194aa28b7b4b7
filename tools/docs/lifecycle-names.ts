import { type LifecycleRule, lifecycleRules } from '@app/revenuecat';
import { replaceGeneratedPart } from './generated-part';
import { markdownTable } from './markdown-table';

/** Replaces the table of lifecycle names in docs/formats.md. */
export function withLifecycleNames(page: string): string {
  const table = markdownTable(
    ['type', 'period', 'condition', 'name', 'meaning'],
    lifecycleRules.map((rule) => [
      `\`${rule.type}\``,
      rule.period === undefined ? '' : `\`${rule.period}\``,
      conditionOf(rule),
      `\`${rule.name}\``,
      rule.meaning,
    ]),
  );
  return replaceGeneratedPart(page, 'libs/revenuecat/src/lifecycle.ts', table);
}

function conditionOf({ isTrialConversion, isPriceNegative, reason }: LifecycleRule): string {
  return [
    ...(isTrialConversion === true ? ['converts a trial'] : []),
    ...(isPriceNegative === true ? ['negative price'] : []),
    ...(reason === undefined ? [] : [`reason \`${reason}\``]),
  ].join(', ');
}
