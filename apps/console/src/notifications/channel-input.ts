import { z } from 'zod';
import { channelSettings, notificationSubjects } from '../../api/notifications';

const url = z.string().trim().meta({
  description: 'The URL that receives the messages. It is stored encrypted, and not shown again',
});

const { shape } = channelSettings;
const settings = {
  name: shape.name,
  projectId: shape.projectId.default(null),
  subjects: shape.subjects.default([...notificationSubjects]),
};

export const newChannel = z.strictObject({ kind: z.enum(['webhook', 'slack']), ...settings, url });

export const changedChannel = z.strictObject({
  ...settings,
  url: url.optional().meta({ description: 'If omitted, it stays unchanged' }),
  version: z.string().meta({
    description:
      'Version of the channel on which the change is based: responds with 409 if it has changed since',
  }),
});

export type NewChannel = z.output<typeof newChannel>;
export type ChangedChannel = z.output<typeof changedChannel>;
