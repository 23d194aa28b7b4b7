import { ConfigError, secret } from '@app/platform';
import { z } from 'zod';
import {
  authorizationSchema,
  signingSecretSchema,
  type WebhookCredentials,
  webhookCredentialsSchema,
} from '../domain/webhook-credentials';

/** Settings of the webhook credentials of the default project. Credentials of other projects are stored in Redis. */
export const webhookConfig = {
  WEBHOOK_AUTHORIZATION: secret(
    authorizationSchema
      .optional()
      .describe("Authorization value of the default project's webhook, as in RevenueCat's dashboard"),
  ),
  WEBHOOK_PREVIOUS_AUTHORIZATION: secret(
    authorizationSchema.optional().describe('Previous Authorization value, accepted during rotation'),
  ),
  WEBHOOK_SIGNING_SECRET: secret(
    signingSecretSchema
      .optional()
      .describe("Signing secret of the default project's webhook, from RevenueCat's dashboard"),
  ),
  WEBHOOK_PREVIOUS_SIGNING_SECRET: secret(
    signingSecretSchema.optional().describe('Previous signing secret, accepted during rotation'),
  ),
};

/** For the console and the CLI, which show and compare webhook URLs. */
export const ingestUrlConfig = {
  INGEST_PUBLIC_URL: z
    .url()
    .default('http://127.0.0.1:8080')
    .describe('Public base URL of ingest; every webhook URL begins with it'),
};

export type WebhookConfig = z.output<z.ZodObject<typeof webhookConfig>>;

/** Undefined if the environment has none. Throws {@link ConfigError} if a previous value is set without the new one. */
export function webhookCredentialsFromEnvironment(config: WebhookConfig): WebhookCredentials | undefined {
  const values = (newest: keyof WebhookConfig, previous: keyof WebhookConfig): string[] => {
    if (config[newest] === undefined && config[previous] !== undefined) {
      throw new ConfigError(
        `${previous} is set without ${newest}. Set ${newest} to the value that replaces it.`,
      );
    }
    return [config[newest], config[previous]].filter((value) => value !== undefined);
  };
  const result = webhookCredentialsSchema.safeParse({
    authorizations: values('WEBHOOK_AUTHORIZATION', 'WEBHOOK_PREVIOUS_AUTHORIZATION'),
    signingSecrets: values('WEBHOOK_SIGNING_SECRET', 'WEBHOOK_PREVIOUS_SIGNING_SECRET'),
  });
  return result.success ? result.data : undefined;
}
