import { type ExplainedFailure, type WebhookFinding } from '@app/revenuecat-api';
import { z } from 'zod';
import { epochMs } from './time-fields';

const revenueCatWebhook = z
  .object({
    id: z.string(),
    name: z.string(),
    isOurs: z
      .boolean()
      .meta({ description: 'Whether it sends the events to the webhook URL of the project' }),
    url: z.string().meta({
      description: 'Of a webhook that is not ours, only the origin: the rest of its URL may be a secret',
    }),
    environment: z
      .string()
      .nullable()
      .meta({ description: 'production or sandbox; null if it sends the events of both' }),
    eventTypes: z
      .array(z.string())
      .nullable()
      .meta({ description: 'The event types that it sends, in lower case; null if it sends all' }),
    appId: z
      .string()
      .nullable()
      .meta({ description: 'The only app whose events it sends; null if it sends those of all apps' }),
    createdAtMs: epochMs,
  })
  .meta({ id: 'RevenueCatWebhook', description: 'A webhook of the project in RevenueCat' });

const webhookFinding = z
  .object({
    kind: z.enum(['missing', 'environment', 'event_types', 'app', 'duplicate']),
    severity: z.enum(['problem', 'notice']).meta({
      description: 'problem: events are lost, or sent twice; notice: a difference without such an effect',
    }),
    webhookId: z.string().nullable().meta({ description: 'Null if it concerns no existing webhook' }),
    text: z.string().meta({ description: 'What is different, and its effect' }),
    fix: z
      .enum(['create', 'update', 'delete'])
      .nullable()
      .meta({ description: 'The change of the webhook that removes the difference' }),
  })
  .meta({ id: 'RevenueCatWebhookFinding' }) satisfies z.ZodType<WebhookFinding>;

export const webhookCheck = z
  .object({
    state: (
      z.enum(['read', 'no_key', 'unauthorized', 'forbidden', 'not_found', 'unavailable']) satisfies z.ZodType<
        'read' | 'no_key' | ExplainedFailure['state']
      >
    ).meta({
      description: 'Whether the webhooks of the project were read from RevenueCat, or why not',
    }),
    detail: z.string().nullable().meta({ description: 'Why they were not read, and what to do; else null' }),
    webhooks: z.array(revenueCatWebhook),
    findings: z.array(webhookFinding).meta({
      description: 'Differences between our webhook and the settings of the integration; empty if it matches',
    }),
  })
  .meta({
    id: 'RevenueCatWebhookCheck',
    description:
      'The webhooks of the project in RevenueCat. RevenueCat does not return the Authorization value of a webhook, or whether it is signed or enabled, so these are not compared',
  });

export const webhookChange = z
  .strictObject({
    environment: z.enum(['production', 'both']).optional().meta({
      description:
        'Whose events it sends. If omitted: production, and sandbox as well if the integration sends sandbox events',
    }),
  })
  .prefault({})
  .meta({ description: 'May be omitted' });

export type { WebhookFinding };
export type WebhookChange = z.output<typeof webhookChange>;
export type WebhookCheck = z.output<typeof webhookCheck>;
