import { createHash } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

const keyBytes = 32;
const algorithms = { alg: 'dir', enc: 'A256GCM' } as const;

/** The stored secret cannot be opened: its key is unknown here, or the text was altered or moved. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';
}

/** What a secret belongs to. It is authenticated with the secret, so that none can be moved to another project or field. */
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
 * Seals secrets as JWE (RFC 7516, `dir` with A256GCM) that name their key. The first key seals; each of them opens, so that
 * a key can be replaced while both are known.
 */
export class SecretBox {
  private readonly keys: readonly [Key, ...Key[]];

  /** @param keys 32 bytes each; throws {@link SecretBoxError} for any other length */
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

  /** Whether the secret was sealed with the key that seals now. */
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
          ? `The ${owner.field} of project "${owner.projectId}" was not sealed by this software. Enter it again.`
          : `The ${owner.field} of project "${owner.projectId}" was sealed with another key (${id}). Add that key to SETTINGS_ENCRYPTION_KEY, or enter the secret again.`,
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
        `The ${owner.field} of project "${owner.projectId}" was sealed for another project or field. Enter it again.`,
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
