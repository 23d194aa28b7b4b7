import { projectIdSchema } from '@app/integrations';
import { z } from 'zod';
import { epochMs } from './time-fields';

/** What notifications can be about. A channel chooses among them. */
export const notificationSubjects = [
  'delivery',
  'dead_letters',
  'rejected_webhooks',
  'silence',
  'retention',
] as const;

export const channelSettings = z.object({
  name: z.string().trim().min(1).max(80),
  projectId: projectIdSchema
    .nullable()
    .meta({ description: 'The project whose notifications it receives; null for those of the installation' }),
  subjects: z
    .array(z.enum(notificationSubjects))
    .min(1)
    .meta({ description: 'What it receives notifications about' }),
});

const channelDelivery = z
  .object({
    queued: z.int().meta({ description: 'Number of messages that wait to be sent' }),
    failedAttempts: z.int().meta({ description: 'Number of failed attempts to send the first of them' }),
    nextAttemptAtMs: epochMs.nullable(),
    lastSuccessAtMs: epochMs.nullable(),
    lastErrorAtMs: epochMs.nullable(),
    lastError: z.string().nullable(),
    dropped: z.int().meta({
      description:
        'Number of messages that were never sent: after a day of failures, or because too many waited',
    }),
  })
  .meta({ id: 'NotificationDelivery' });

export const channelView = channelSettings
  .extend({
    id: z.string(),
    kind: z.enum(['webhook', 'slack']),
    destination: z
      .string()
      .nullable()
      .meta({ description: 'Origin and last four characters of the URL; null if it cannot be decrypted' }),
    problem: z.string().nullable().meta({ description: 'Why the channel cannot be used; null if it can' }),
    version: z.string(),
    delivery: channelDelivery,
  })
  .meta({ id: 'NotificationChannel', description: 'A receiver of notifications, without its secrets' });

export const channelWithSecret = channelView
  .extend({
    secret: z.string().nullable().meta({
      description: 'The key of the signature; it is not shown again. Null for Slack, which has none',
    }),
  })
  .meta({ id: 'NotificationChannelWithSecret' });

export const channelTestResult = z
  .object({
    isAccepted: z.boolean(),
    status: z.int().nullable().meta({ description: 'Null without a response' }),
    detail: z.string(),
  })
  .meta({ id: 'NotificationTest' });

export type NotificationSubject = (typeof notificationSubjects)[number];
export type ChannelView = z.output<typeof channelView>;
export type ChannelWithSecret = z.output<typeof channelWithSecret>;
export type ChannelTestResult = z.output<typeof channelTestResult>;
