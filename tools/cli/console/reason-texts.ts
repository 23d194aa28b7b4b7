import { explainReason } from '@app/delivery';

/** One line for each different reason: what it means, and what to do. None for reasons of another version. */
export function reasonTexts(reasons: readonly (string | null)[]): string[] {
  return [...new Set(reasons)].flatMap((reason) => {
    if (reason === null) return [];
    const explanation = explainReason(reason);
    return explanation === undefined
      ? []
      : [`${reason}: ${explanation.meaning} What to do: ${explanation.remedy}`];
  });
}
