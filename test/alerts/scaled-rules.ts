import { parse, stringify } from 'yaml';

interface Rule {
  expr: string;
  for?: string;
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @param period such as `15m`. Other texts are returned as they are */
export function scaledPeriod(period: string, factor: number): string {
  return period.replace(
    /^(\d+)([smhd])$/,
    (_, count: string, unit: string) => `${String((Number(count) * (unitMs[unit] ?? NaN)) / factor)}ms`,
  );
}

/**
 * Returns the rules with all periods divided by `factor`: `for`, ranges such as `[15m]`, and offsets. Thresholds stay as
 * they are, also those in seconds, so an alert about the age of something fires as late as in production.
 */
export function scaledRules(rules: string, factor: number): string {
  const scaled = (period: string): string => scaledPeriod(period, factor);
  const { groups } = parse(rules) as { groups: { rules: Rule[] }[] };
  for (const rule of groups.flatMap((group) => group.rules)) {
    rule.expr = rule.expr.replaceAll(
      /(\[|\boffset )(\d+[smhd])\b/g,
      (_, before: string, period: string) => before + scaled(period),
    );
    if (rule.for !== undefined) rule.for = scaled(rule.for);
  }
  return stringify({ groups });
}
