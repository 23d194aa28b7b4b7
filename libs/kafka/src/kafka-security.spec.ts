import { ConfigError, readConfig } from '@app/platform';
import { type Certificate, type CertificateAuthority, createCertificateAuthority } from '@tools/stack';
import { z } from 'zod';
import { kafkaConfig } from './kafka-config';
import { kafkaSecurity } from './kafka-security';

const security = (env: Record<string, string>) => kafkaSecurity(readConfig(z.object(kafkaConfig), env));

const scram = {
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'app',
  KAFKA_SASL_PASSWORD: 'hidden',
};
const oauth = {
  KAFKA_SSL: 'true',
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: 'https://id.example.com/token',
  KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'app',
  KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: 'hidden',
};
const without = (settings: Record<string, string>, name: string): Record<string, string> => ({
  ...settings,
  [name]: '',
});

describe('the security settings of Kafka', () => {
  it('are empty by default', () => {
    expect(security({})).toEqual({ ssl: false, sasl: undefined });
  });

  it.each(['plain', 'scram-sha-256', 'SCRAM-SHA-512'])('contain a user for %s', (mechanism) => {
    expect(security({ ...scram, KAFKA_SSL: 'true', KAFKA_SASL_MECHANISM: mechanism })).toEqual({
      ssl: {},
      sasl: { mechanism: mechanism.toLowerCase(), username: 'app', password: 'hidden' },
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['a mechanism without user name', without(scram, 'KAFKA_SASL_USERNAME'), 'KAFKA_SASL_USERNAME: Set it'],
    ['a mechanism without password', without(scram, 'KAFKA_SASL_PASSWORD'), 'KAFKA_SASL_PASSWORD: Set it'],
    [
      'a password without mechanism',
      without(scram, 'KAFKA_SASL_MECHANISM'),
      'KAFKA_SASL_MECHANISM: Set it, or remove KAFKA_SASL_PASSWORD',
    ],
    ['plain without TLS', { ...scram, KAFKA_SASL_MECHANISM: 'plain' }, 'KAFKA_SSL: Set it to true'],
    ['oauthbearer without TLS', without(oauth, 'KAFKA_SSL'), 'KAFKA_SSL: Set it to true'],
    [
      'oauthbearer without token endpoint',
      without(oauth, 'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL'),
      'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: Set it',
    ],
    [
      'oauthbearer without client secret',
      without(oauth, 'KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET'),
      'KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: Set it',
    ],
    [
      'a token endpoint without TLS',
      { ...oauth, KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: 'http://id.example.com/token' },
      'Use https',
    ],
    [
      'a token endpoint with credentials in its URL',
      { ...oauth, KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: 'https://app:hidden@id.example.com/token' },
      'in their own settings',
    ],
    [
      'oauthbearer with the password of a user',
      { ...oauth, KAFKA_SASL_PASSWORD: 'hidden' },
      'KAFKA_SASL_PASSWORD: It has no effect',
    ],
    [
      'a user with an OAuth scope',
      { ...scram, KAFKA_SASL_OAUTHBEARER_SCOPE: 'kafka' },
      'KAFKA_SASL_OAUTHBEARER_SCOPE: It has no effect',
    ],
    ['an unknown mechanism', { ...scram, KAFKA_SASL_MECHANISM: 'gssapi' }, 'KAFKA_SASL_MECHANISM: '],
  ])('reject %s', (_what, env, message) => {
    expect(() => security(env)).toThrow(ConfigError);
    expect(() => security(env)).toThrow(message);
    expect(() => security(env)).not.toThrow(/hidden/);
  });

  describe('with certificates', () => {
    let authority: CertificateAuthority;
    let own: Certificate;
    let other: Certificate;

    beforeAll(async () => {
      authority = await createCertificateAuthority();
      own = await authority.issue('app');
      other = await authority.issue('other');
    });

    afterAll(() => authority.remove());

    it('contain the authority, the certificate and its key', () => {
      const { ca } = authority;
      const { cert, key } = own;
      const env = { KAFKA_SSL: 'true', KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key };
      expect(security(env).ssl).toEqual({ ca, cert, key });
    });

    it('can come from files', () => {
      const { ca, caFile } = authority;
      expect(security({ KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: caFile }).ssl).toEqual({ ca: ca.trimEnd() });
    });

    it.each<[string, () => Record<string, string>, string]>([
      ['an authority without TLS', () => ({ KAFKA_SSL_CA: authority.ca }), 'KAFKA_SSL_CA: It has no effect'],
      [
        'a certificate without key',
        () => ({ KAFKA_SSL: 'true', KAFKA_SSL_CERT: own.cert }),
        'KAFKA_SSL_KEY: Set it',
      ],
      [
        'a key without certificate',
        () => ({ KAFKA_SSL: 'true', KAFKA_SSL_KEY: own.key }),
        'KAFKA_SSL_CERT: Set it',
      ],
      [
        'the key of another certificate',
        () => ({ KAFKA_SSL: 'true', KAFKA_SSL_CERT: own.cert, KAFKA_SSL_KEY: other.key }),
        'KAFKA_SSL_KEY: It is not the private key',
      ],
      [
        'a path in place of a certificate',
        () => ({ KAFKA_SSL: 'true', KAFKA_SSL_CA: authority.caFile }),
        'Add _FILE',
      ],
      ['a certificate in place of a key', () => ({ KAFKA_SSL_KEY: own.cert }), 'KAFKA_SSL_KEY: It must be'],
    ])('reject %s', (_what, env, message) => {
      expect(() => security(env())).toThrow(ConfigError);
      expect(() => security(env())).toThrow(message);
    });
  });
});
