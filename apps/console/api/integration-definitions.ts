import { z } from 'zod';

const settings = z.record(z.string(), z.unknown());

export const integrationDefinition = z
  .object({
    projectId: z.string(),
    origin: z.enum(['console', 'environment']),
    settings: settings.nullable().meta({
      description:
        'All settings without the secrets; null if the stored settings are invalid for this version',
    }),
    secrets: z
      .array(z.string())
      .meta({ description: 'The secrets that exist, by field, such as lookup.apiKey' }),
  })
  .meta({ id: 'IntegrationDefinition', description: 'The settings of an integration as a document' });

export const newDefinition = z.strictObject({
  settings: settings.meta({
    description:
      'The settings of the integration. A secret, enabled and partitions stay unchanged if they are omitted; every other setting has its default then. Null removes a secret',
  }),
  dryRun: z.boolean().default(false).meta({ description: 'If true, nothing is changed' }),
  revision: z.string().optional().meta({
    description: 'The revision of an earlier dry run: responds with 409 if the integration has changed since',
  }),
});

const settingChange = z
  .object({
    path: z.array(z.string()),
    isSecret: z.boolean().meta({ description: 'If true, the values are not shown' }),
    before: z.unknown().optional().meta({ description: 'Absent if it did not exist' }),
    after: z.unknown().optional().meta({ description: 'Absent if it no longer exists' }),
  })
  .meta({ id: 'SettingChange' });

export const definitionChange = z
  .object({
    projectId: z.string(),
    action: z.enum(['add', 'change', 'none']),
    changes: z.array(settingChange),
    revision: z.string().meta({ description: 'The revision of the integration before the change' }),
    hasWebhookCredentials: z
      .boolean()
      .meta({ description: 'If false, webhooks of the project are rejected until it has some' }),
  })
  .meta({ id: 'DefinitionChange', description: 'What a definition changes, or has changed' });

export type IntegrationDefinition = z.output<typeof integrationDefinition>;
export type NewDefinition = z.output<typeof newDefinition>;
export type SettingChange = z.output<typeof settingChange>;
export type DefinitionChange = z.output<typeof definitionChange>;
