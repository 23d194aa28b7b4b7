import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { secret } from './config';

/** Names that messages for the operator use. */
export interface TlsPeer {
  /** Name of the server, such as Kafka. */
  server: string;
  /** Prefix of the settings, such as KAFKA_SSL for KAFKA_SSL_CA. */
  prefix: string;
  /** The setting that holds the server's address. */
  address: string;
}

/** PEM text. */
export interface TlsSettings {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

/** A setting with one or more certificates. */
export const certificates = () =>
  z
    .string()
    .refine(
      (text) => firstCertificate(text) !== undefined,
      'It must be PEM text with -----BEGIN CERTIFICATE-----. Add _FILE to the name of the setting if its value is a path.',
    )
    .optional();

/** A setting with the private key of a certificate. */
export const privateKey = () =>
  secret(
    z
      .string()
      .refine(
        (text) => privateKeyIn(text) !== undefined,
        'It must be an unencrypted private key as PEM text. Add _FILE to the name of the setting if its value is a path.',
      )
      .optional(),
  );

/**
 * Returns a message for each contradiction in the settings; each begins with the name of a setting.
 *
 * @param remedy how to enable TLS
 */
export function tlsProblems(
  { prefix }: TlsPeer,
  isTls: boolean,
  remedy: string,
  { ca, cert, key }: TlsSettings,
): string[] {
  if (!isTls) {
    const names = { [`${prefix}_CA`]: ca, [`${prefix}_CERT`]: cert, [`${prefix}_KEY`]: key };
    return Object.entries(names).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: It has no effect without TLS. ${remedy}, or remove it.`],
    );
  }
  if (cert === undefined && key === undefined) return [];
  if (key === undefined) return [`${prefix}_KEY: Set it to the private key of ${prefix}_CERT.`];
  if (cert === undefined) return [`${prefix}_CERT: Set it to the certificate of ${prefix}_KEY.`];
  const keyObject = privateKeyIn(key);
  const isPair = keyObject !== undefined && firstCertificate(cert)?.checkPrivateKey(keyObject) === true;
  return isPair ? [] : [`${prefix}_KEY: It is not the private key of ${prefix}_CERT.`];
}

/** The options that are set. Without `ca`, Node.js trusts the public authorities. */
export function tlsOptions({ ca, cert, key }: TlsSettings): ConnectionOptions {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

const unverified = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Explains a connection failure caused by TLS, and names the settings to check. Undefined for other errors. */
export function tlsFailure(error: Error, { server, prefix, address }: TlsPeer): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (unverified.has(code))
    return `The certificate of ${server} is not trusted. Set ${prefix}_CA to the certificate of its authority.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate of ${server} is for other host names. Check ${address}, and the addresses that ${server} advertises.`;
  if (code === 'CERT_HAS_EXPIRED') return `The certificate of ${server} has expired.`;
  if (code.includes('ALERT'))
    return `${server} rejected the TLS handshake. Check ${prefix}_CERT and ${prefix}_KEY.`;
  return undefined;
}

/** Parses the first certificate: that of the server or client itself, if the text has a chain. */
function firstCertificate(pem: string): X509Certificate | undefined {
  return attempt(() => new X509Certificate(pem));
}

function privateKeyIn(pem: string): KeyObject | undefined {
  return attempt(() => createPrivateKey(pem));
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
