import { projectIdSchema } from '@app/integrations';
import { z } from 'zod';
import { integrationSettings } from '../integrations/integration-input';

/** Twice as much, which JSON text needs inside of JSON, is below the limit of a request. */
const maxPastedLength = 256 * 1024;

const storedEvent = z.strictObject({
  project: z.string().min(1),
  id: z.string().min(1),
});

export const previewInput = z.strictObject({
  projectId: projectIdSchema.meta({ description: 'Project whose current settings are compared' }),
  settings: integrationSettings
    .extend({
      hasSandboxSecret: z.boolean().optional().meta({
        description:
          'Whether sandbox events have a server secret of their own. If omitted, whether one is stored',
      }),
    })
    .meta({
      description:
        'As for a change of the integration. Secrets are not needed; if `privacy.salt` is omitted, the stored one is used for hashes',
    }),
  event: z.union([
    storedEvent.meta({ description: 'An event that the console shows' }),
    z.strictObject({
      json: z
        .string()
        .max(maxPastedLength, `At most ${maxPastedLength.toLocaleString('en')} characters can be previewed.`)
        .meta({ description: 'JSON text of a webhook, or only of its event' }),
    }),
  ]),
});

export const examplesInput = previewInput.omit({ event: true }).extend({
  projectId: projectIdSchema.meta({
    description: 'Project whose last events are used, and whose settings are kept where they are omitted',
  }),
});

export type PreviewInput = z.output<typeof previewInput>;
export type ExamplesInput = z.output<typeof examplesInput>;
