import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { channelSettings } from '../../api/notifications';
import { type StateChange } from './notification';

/** Marks a signing secret, whose rest is base64, in the format of Standard Webhooks. */
export const secretPrefix = 'whsec_';

const shared = {
  ...channelSettings.shape,
  id: z.string(),
  /** Receives the messages. It is a secret, because it suffices to send messages. */
  url: z.string(),
};

/** A receiver of notifications. `url` and `secret` are encrypted in Redis. */
export const channelSchema = z.discriminatedUnion('kind', [
  z.object({ ...shared, kind: z.literal('slack') }),
  z.object({
    ...shared,
    kind: z.literal('webhook'),
    secret: z.string(),
  }),
]);

export type Channel = z.output<typeof channelSchema>;

export function generateSecret(): string {
  return secretPrefix + randomBytes(24).toString('base64');
}

export function receives(channel: Pick<Channel, 'projectId' | 'subjects'>, change: StateChange): boolean {
  const isInScope = channel.projectId === null || channel.projectId === change.projectId;
  return isInScope && channel.subjects.includes(change.subject);
}

/** Differs whenever the stored channel changes. */
export function versionOf(stored: string): string {
  return hash('sha256', stored).slice(0, 16);
}
