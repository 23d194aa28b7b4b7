import { type Omission, type SideOmission } from '@app/mapping';
import { type Trimming } from '@app/statsig';
import { z } from 'zod';
import { filterRule, identifiedBy, reasonExplanation } from './events';

const side = z.enum(['from', 'to']).nullable().meta({
  description:
    'Which customer of a transfer it is for: the one who lost or the one who gained; null otherwise',
}) satisfies z.ZodType<SideOmission['side'] | null>;

const trimming = z
  .object({
    part: z.enum(['event_name', 'metadata', 'attribute', 'custom_id']),
    name: z.string(),
    cause: z
      .enum(['size', 'length', 'characters', 'depth', 'repeated_key', 'not_text', 'dropped', 'hashed'])
      .meta({ description: '`dropped` and `hashed` are privacy settings; the others are limits of Statsig' }),
  })
  .meta({
    id: 'Trimming',
    description: 'A part of an event or of its customer that Statsig does not receive, or not as it is',
  }) satisfies z.ZodType<Trimming>;

const whenDecidedByStatsig = "null in format `revenuecat`: Statsig's connector decides it";

export const previewedDelivery = z
  .object({
    kind: z.literal('delivery'),
    deliveryId: z.string(),
    side,
    name: z.string().nullable(),
    userId: z.string().nullable(),
    identity: identifiedBy,
    customIds: z
      .record(z.string(), z.string())
      .nullable()
      .meta({ description: `By id type; ${whenDecidedByStatsig}` }),
    value: z
      .union([z.string(), z.number()])
      .nullable()
      .meta({ description: `Null if the event has none; ${whenDecidedByStatsig}` }),
    valueBasis: z.string().nullable().meta({
      description:
        'What the value is: a revenue mode, or `gross_percentages_missing` if the event lacks the percentages for it; null if there is no value, or if the connector decides it',
    }),
    environment: z.enum(['PRODUCTION', 'SANDBOX']),
    secret: z.enum(['serverSecret', 'sandboxServerSecret']).meta({
      description:
        'The server secret that it would be sent with: the one for sandbox events, if there is one and it is a sandbox event',
    }),
    tier: z
      .string()
      .nullable()
      .meta({ description: `Environment tier; ${whenDecidedByStatsig}` }),
    properties: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({
        description: `Properties of the user, from attributes, purchases and experiments; ${whenDecidedByStatsig}`,
      }),
    trimmed: z.array(trimming),
    request: z.object({
      method: z.literal('POST'),
      url: z.string().meta({ description: 'Without the query, which may contain a credential' }),
      headers: z.record(z.string(), z.string()).meta({
        description: 'Without `statsig-api-key`, which contains the server secret',
      }),
      body: z.string().meta({
        description:
          'As it is sent, before compression. In format `log_event`, the dispatcher may add further events to the batch',
      }),
    }),
  })
  .meta({ id: 'PreviewedDelivery', description: 'A request that would be sent to Statsig' });

export const previewedOmission = z
  .object({
    kind: z.enum(['filtered', 'dead_letter']) satisfies z.ZodType<Omission['kind']>,
    side,
    reason: z.string(),
    rule: filterRule,
    detail: z.string(),
    explanation: reasonExplanation,
  })
  .meta({ id: 'PreviewedOmission', description: 'Why nothing would be sent' });

const previewedOutcomes = z.array(z.discriminatedUnion('kind', [previewedDelivery, previewedOmission]));

export const preview = z
  .object({
    eventId: z.string(),
    type: z.string(),
    isCustomerKnown: z.boolean().meta({
      description:
        'False if nothing is known of a customer of the event. The preview does not look up customers in RevenueCat',
    }),
    draft: previewedOutcomes.meta({ description: 'With the settings of the request' }),
    saved: previewedOutcomes.nullable().meta({
      description: 'With the current settings of the project; null if it has none, or if they cannot be read',
    }),
    isSame: z.boolean().meta({ description: 'Whether both settings have the same result' }),
  })
  .meta({ id: 'Preview', description: 'What an event would become. Nothing is sent or stored' });

export type PreviewedTrimming = z.output<typeof trimming>;
export type PreviewedDelivery = z.output<typeof previewedDelivery>;
export type PreviewedOutcome = z.output<typeof previewedOutcomes>[number];
export type Preview = z.output<typeof preview>;
