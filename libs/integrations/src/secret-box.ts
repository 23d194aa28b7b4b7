import { createHash } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

const keyBytes = 32;
const algorithms = { alg: 'dir', enc: 'A256GCM' } as const;

/** The secret cannot be decrypted: its key is unknown, or the text was altered or moved. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';
}

/**
 * The project and field of a secret. They are authenticated with it, so that it cannot be moved to another project or
 * field.
 */
export interface SecretOwner {
  projectId: string;
  /** Such as `serverSecret`. */
  field: string;
}

interface Key {
  id: string;
  bytes: Buffer;
}

/**
 * Encrypts secrets as JWE (RFC 7516, `dir` with A256GCM) with a key id. The first key encrypts. All keys decrypt, so that a key
 * can be replaced while both are known.
 */
export class SecretBox {
  private readonly keys: readonly [Key, ...Key[]];

  /** @param keys 32 bytes each; throws {@link SecretBoxError} for another length */
  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    const identified = keys.map((bytes): Key => {
      if (bytes.length !== keyBytes) {
        throw new SecretBoxError(
          `SETTINGS_ENCRYPTION_KEY must be ${keyBytes} bytes in base64; it has ${bytes.length}.`,
        );
      }
      return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
    });
    this.keys = identified as [Key, ...Key[]];
  }

  /** Whether the secret was encrypted with the first key. */
  isCurrent(sealed: string): boolean {
    return keyIdOf(sealed) === this.keys[0].id;
  }

  seal(secret: string, owner: SecretOwner): Promise<string> {
    const { id, bytes } = this.keys[0];
    return new CompactEncrypt(Buffer.from(secret))
      .setProtectedHeader({ ...algorithms, kid: id, owner: nameOf(owner) })
      .encrypt(bytes);
  }

  /** Throws {@link SecretBoxError}. */
  async open(sealed: string, owner: SecretOwner): Promise<string> {
    const id = keyIdOf(sealed);
    const key = this.keys.find((one) => one.id === id);
    if (key === undefined) {
      throw new SecretBoxError(
        id === undefined
          ? `The ${owner.field} of project "${owner.projectId}" was not encrypted by this software. Enter it again.`
          : `The ${owner.field} of project "${owner.projectId}" was encrypted with another key (${id}). Add that key to SETTINGS_ENCRYPTION_KEY, or enter the secret again.`,
      );
    }
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, key.bytes, {
      keyManagementAlgorithms: [algorithms.alg],
      contentEncryptionAlgorithms: [algorithms.enc],
    }).catch((error: unknown) => {
      throw new SecretBoxError(
        `The ${owner.field} of project "${owner.projectId}" was altered. Enter it again.`,
        { cause: error },
      );
    });
    if (protectedHeader['owner'] !== nameOf(owner)) {
      throw new SecretBoxError(
        `The ${owner.field} of project "${owner.projectId}" was encrypted for another project or field. Enter it again.`,
      );
    }
    return Buffer.from(plaintext).toString('utf8');
  }
}

function nameOf({ projectId, field }: SecretOwner): string {
  return `${projectId}/${field}`;
}

function keyIdOf(sealed: string): string | undefined {
  try {
    return decodeProtectedHeader(sealed).kid;
  } catch {
    return undefined;
  }
}
