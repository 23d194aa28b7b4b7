import { z } from 'zod';
import { epochMs } from './time-fields';

export const customerMatch = z.object({ project: z.string(), id: z.string() }).meta({ id: 'CustomerMatch' });

const origin = z
  .object({ eventId: z.string(), type: z.string(), receivedAtMs: epochMs })
  .meta({ id: 'Origin', description: 'The event that an alias or attribute came from' });

const from = origin.nullable().meta({ description: 'Null if the event is no longer stored' });

const attributeView = z
  .object({
    name: z.string(),
    value: z.string().meta({ description: 'Empty if the attribute was cleared' }),
    updatedAtMs: epochMs,
    from,
  })
  .meta({ id: 'CustomerAttribute' });

const aliasView = z.object({ id: z.string(), from }).meta({ id: 'CustomerAlias' });

const stateView = z
  .object({
    subscription: z.object({ status: z.string(), productId: z.string(), store: z.string() }).nullable(),
    entitlements: z.array(z.string()),
    experiments: z.array(z.object({ id: z.string(), variant: z.string() })),
  })
  .meta({
    id: 'CustomerState',
    description:
      'The present state of the purchases of the environment of the last event, as integrations can send it to Statsig',
  });

export const customerView = z
  .object({
    project: z.string(),
    id: z.string(),
    originalAppUserId: z.string().nullable(),
    aliases: z.array(aliasView),
    attributes: z.array(attributeView),
    state: stateView.nullable().meta({
      description: 'Null if nothing is known: integrations collect it only if they send user properties',
    }),
    events: z.int().meta({ description: 'Number of stored events of the customer' }),
    isProfileKnown: z.boolean().meta({
      description: 'False if Redis does not respond: then only events that contain exactly this id are found',
    }),
  })
  .meta({ id: 'Customer' });

export type CustomerMatch = z.output<typeof customerMatch>;
export type Origin = z.output<typeof origin>;
export type CustomerView = z.output<typeof customerView>;
