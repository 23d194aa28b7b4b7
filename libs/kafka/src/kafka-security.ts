import { type ConnectionOptions } from 'node:tls';
import { settingsError, tlsOptions, type TlsPeer, tlsProblems } from '@app/platform';
import { type SASLOptions } from 'kafkajs';
import { type KafkaConfig } from './kafka-config';
import { OAuthTokenProvider } from './oauth-token-provider';

export interface KafkaSecurity {
  ssl: ConnectionOptions | false;
  sasl: SASLOptions | undefined;
}

export const tlsPeer: TlsPeer = { server: 'Kafka', prefix: 'KAFKA_SSL', address: 'KAFKA_BROKERS' };

/** Reads the settings of TLS and SASL. Throws ConfigError if settings are missing or contradict each other. */
export function kafkaSecurity(config: KafkaConfig): KafkaSecurity {
  const tls = { ca: config.KAFKA_SSL_CA, cert: config.KAFKA_SSL_CERT, key: config.KAFKA_SSL_KEY };
  const problems = [
    ...tlsProblems(tlsPeer, config.KAFKA_SSL, 'Set KAFKA_SSL to true', tls),
    ...saslProblems(config),
  ];
  if (problems.length > 0) throw settingsError(problems);
  return { ssl: config.KAFKA_SSL && tlsOptions(tls), sasl: saslOptions(config) };
}

type SettingNames = readonly (keyof KafkaConfig)[];

const userSettings: SettingNames = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
const clientSettings: SettingNames = [
  'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL',
  'KAFKA_SASL_OAUTHBEARER_CLIENT_ID',
  'KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET',
];
const optionalClientSettings: SettingNames = [
  'KAFKA_SASL_OAUTHBEARER_SCOPE',
  'KAFKA_SASL_OAUTHBEARER_EXTENSIONS',
];

/** The settings that a mechanism needs, and those that have no effect with it. */
function settingsOf(mechanism: string): Record<'required' | 'ineffective', SettingNames> {
  return mechanism === 'oauthbearer'
    ? { required: clientSettings, ineffective: userSettings }
    : { required: userSettings, ineffective: [...clientSettings, ...optionalClientSettings] };
}

function saslProblems(config: KafkaConfig): string[] {
  const mechanism = config.KAFKA_SASL_MECHANISM;
  const isSet = (name: keyof KafkaConfig): boolean => {
    const value = config[name];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  };
  if (mechanism === undefined) {
    return [...userSettings, ...clientSettings, ...optionalClientSettings]
      .filter(isSet)
      .map((name) => `KAFKA_SASL_MECHANISM: Set it, or remove ${name}.`);
  }
  const { required, ineffective } = settingsOf(mechanism);
  const problems = [
    ...required
      .filter((name) => !isSet(name))
      .map((name) => `${name}: Set it, since KAFKA_SASL_MECHANISM is ${mechanism}.`),
    ...ineffective
      .filter(isSet)
      .map((name) => `${name}: It has no effect with KAFKA_SASL_MECHANISM=${mechanism}. Remove it.`),
  ];
  const isReadable = mechanism === 'plain' || mechanism === 'oauthbearer';
  if (isReadable && !config.KAFKA_SSL)
    problems.push(`KAFKA_SSL: Set it to true: ${mechanism} sends credentials that only TLS protects.`);
  const endpoint = config.KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL;
  if (mechanism === 'oauthbearer' && endpoint !== undefined && !isProtected(new URL(endpoint)))
    problems.push(
      'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: Use https, because the client secret is sent to it. http is allowed only on loopback.',
    );
  return problems;
}

function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function saslOptions(config: KafkaConfig): SASLOptions | undefined {
  const mechanism = config.KAFKA_SASL_MECHANISM;
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'oauthbearer': {
      const tokens = new OAuthTokenProvider({
        endpoint: config.KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL ?? '',
        clientId: config.KAFKA_SASL_OAUTHBEARER_CLIENT_ID ?? '',
        clientSecret: config.KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET ?? '',
        scope: config.KAFKA_SASL_OAUTHBEARER_SCOPE,
      });
      const extensions = Object.fromEntries(
        config.KAFKA_SASL_OAUTHBEARER_EXTENSIONS.map((extension) => splitOnce(extension, '=')),
      );
      const oauthBearerProvider = async () => ({ value: await tokens.token(), extensions });
      return { mechanism, oauthBearerProvider };
    }
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return {
        mechanism,
        username: config.KAFKA_SASL_USERNAME ?? '',
        password: config.KAFKA_SASL_PASSWORD ?? '',
      };
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
