import { z } from 'zod';
import { epochMs } from '../http/time-fields';

export const customerMatch = z.object({ project: z.string(), id: z.string() }).meta({ id: 'CustomerMatch' });

const origin = z
  .object({ eventId: z.string(), type: z.string(), receivedAtMs: epochMs })
  .meta({ id: 'Origin', description: 'The event from which something was learned' });

const from = origin.nullable().meta({ description: 'Null: the event is no longer kept' });

const attributeView = z
  .object({
    name: z.string(),
    value: z.string().meta({ description: 'Empty: cleared' }),
    updatedAtMs: epochMs,
    from,
  })
  .meta({ id: 'CustomerAttribute' });

const aliasView = z.object({ id: z.string(), from }).meta({ id: 'CustomerAlias' });

export const customerView = z
  .object({
    project: z.string(),
    id: z.string(),
    originalAppUserId: z.string().nullable(),
    aliases: z.array(aliasView),
    attributes: z.array(attributeView),
    events: z.int().meta({ description: 'How many events of the customer are kept' }),
    isProfileKnown: z.boolean().meta({
      description: 'False: Redis does not respond, so there are only events that name this very id',
    }),
  })
  .meta({ id: 'Customer' });

export type CustomerMatch = z.output<typeof customerMatch>;
export type Origin = z.output<typeof origin>;
export type CustomerView = z.output<typeof customerView>;
