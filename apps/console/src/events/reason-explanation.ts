import { explainReason, type ReasonExplanation } from '@app/delivery';
import { z } from 'zod';

/** The meaning of a reason code; null for a code of another version. */
export const reasonExplanation = z
  .object({
    meaning: z.string(),
    remedy: z.string().meta({ description: 'What an operator should do' }),
  })
  .meta({ id: 'ReasonExplanation' })
  .nullable()
  .meta({
    description: 'Null if there is no reason, or if this version does not know it',
  }) satisfies z.ZodType<ReasonExplanation | null>;

export function explanationOf(reason: string | null): ReasonExplanation | null {
  return reason === null ? null : (explainReason(reason) ?? null);
}
