import { explainReason, type ReasonExplanation } from '@app/delivery';

/** The meaning of a reason code; null for a code of another version. */
export function explanationOf(reason: string | null): ReasonExplanation | null {
  return reason === null ? null : (explainReason(reason) ?? null);
}
