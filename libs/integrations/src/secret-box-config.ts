import { list, secret } from '@app/platform';
import { z } from 'zod';
import { SecretBox } from './secret-box';

export const secretBoxConfig = {
  SETTINGS_ENCRYPTION_KEY: secret(
    list()
      .pipe(z.array(z.base64('must be base64')))
      .default([])
      .describe(
        'Key that encrypts the secrets of integrations in Redis: 32 bytes in base64. To replace it, see docs/privacy.md#secrets',
      ),
  ),
};

export type SecretBoxConfig = z.output<z.ZodObject<typeof secretBoxConfig>>;

/** Undefined if there is no key. Throws {@link SecretBoxError} if a key has the wrong length. */
export function createSecretBox({ SETTINGS_ENCRYPTION_KEY }: SecretBoxConfig): SecretBox | undefined {
  const [first, ...others] = SETTINGS_ENCRYPTION_KEY.map((key) => Buffer.from(key, 'base64'));
  return first === undefined ? undefined : new SecretBox([first, ...others]);
}
