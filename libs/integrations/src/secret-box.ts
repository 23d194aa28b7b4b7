import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** The stored secret cannot be opened with this key: it was sealed with another, or altered. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';
}

/** Seals secrets with AES-256-GCM. What a secret belongs to is authenticated with it, so that none can be moved to another project. */
export class SecretBox {
  /** @param key 32 bytes */
  constructor(private readonly key: Buffer) {
    if (key.length !== 32)
      throw new SecretBoxError(`SETTINGS_ENCRYPTION_KEY must be 32 bytes in base64; it has ${key.length}.`);
  }

  seal(secret: string, belongsTo: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.key, nonce).setAAD(Buffer.from(belongsTo));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** Throws {@link SecretBoxError}. */
  open(sealed: string, belongsTo: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv(algorithm, this.key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(belongsTo))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return (
        decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
      );
    } catch (error) {
      throw new SecretBoxError(
        `A secret of ${belongsTo} cannot be opened. Was SETTINGS_ENCRYPTION_KEY changed? Enter the secret again.`,
        { cause: error },
      );
    }
  }
}
