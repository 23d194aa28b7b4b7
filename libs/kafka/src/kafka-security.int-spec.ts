import { readConfig } from '@app/platform';
import {
  type Certificate,
  type CertificateAuthority,
  createCertificateAuthority,
  type KafkaCluster,
  startKafkaCluster,
  until,
} from '@tools/stack';
import { z } from 'zod';
import { loggerInto, silentLogger, TokenEndpoint } from '@app/testing';
import { connectKafka, type KafkaClient } from './connect';
import { ensureTopics } from './ensure-topics';
import { kafkaConfig } from './kafka-config';
import { KafkaUnavailableError } from './kafka-errors';
import { readTopic } from './read-topic';
import { RecordProducer } from './record-producer';

const password = 'password-of-app';
/** A broker is formatted and started. */
const startMs = 120_000;

describe('Kafka with TLS and credentials', () => {
  let authority: CertificateAuthority;
  let untrusted: CertificateAuthority;
  let own: Certificate;
  let foreign: Certificate;
  let cluster: KafkaCluster;
  let endpoint: TokenEndpoint;
  let sasl: Record<string, string>;
  let oauth: Record<string, string>;

  beforeAll(async () => {
    [authority, untrusted, endpoint] = await Promise.all([
      createCertificateAuthority(),
      createCertificateAuthority(),
      TokenEndpoint.start(),
    ]);
    own = await authority.issue('app');
    foreign = await untrusted.issue('app');
    const certificate = await authority.issue('broker', 'DNS:localhost', 'IP:127.0.0.1');
    cluster = await startKafkaCluster({ secured: { certificate, users: { app: password } } });
    sasl = {
      KAFKA_BROKERS: cluster.saslBrokers,
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: authority.ca,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'app',
      KAFKA_SASL_PASSWORD: password,
    };
    oauth = {
      KAFKA_BROKERS: cluster.saslBrokers,
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: authority.ca,
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: endpoint.url,
      KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'app',
      KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: endpoint.clientSecret,
    };
  }, startMs);

  afterAll(async () => {
    await cluster.stop();
    await Promise.all([authority.remove(), untrusted.remove(), endpoint.stop()]);
  });

  const producers: RecordProducer[] = [];
  const used = (producer: RecordProducer): RecordProducer => {
    producers.push(producer);
    return producer;
  };

  afterEach(async () => {
    await Promise.all(producers.splice(0).map((producer) => producer.disconnect()));
  });

  const client = (settings: Record<string, string>, logger = silentLogger): KafkaClient =>
    connectKafka(readConfig(z.object(kafkaConfig), settings), 'test', logger);

  const mutualTls = ({ cert, key }: Certificate) => ({
    KAFKA_BROKERS: cluster.mutualTlsBrokers,
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA: authority.ca,
    KAFKA_SSL_CERT: cert,
    KAFKA_SSL_KEY: key,
  });

  it.each<[string, () => Record<string, string>]>([
    ['plain', () => ({ ...sasl, KAFKA_SASL_MECHANISM: 'plain' })],
    ['scram-sha-256', () => ({ ...sasl, KAFKA_SASL_MECHANISM: 'scram-sha-256' })],
    ['scram-sha-512', () => sasl],
    ['oauthbearer', () => oauth],
    [
      'oauthbearer with extensions',
      () => ({ ...oauth, KAFKA_SASL_OAUTHBEARER_EXTENSIONS: 'pool=1,traceId=2' }),
    ],
    ['a client certificate', () => mutualTls(own)],
  ])('writes and reads with %s', async (name, settings) => {
    const topic = name.replaceAll(' ', '-');
    const kafka = client(settings());
    await ensureTopics(kafka, [{ topic, partitions: 1, replicationFactor: 1, config: {} }]);
    const producer = used(new RecordProducer(kafka, silentLogger));
    await producer.connect();
    await producer.send([{ topic, key: 'key', value: 'value' }]);
    // The coordinator of the first group is not ready at once.
    await until(
      async () => {
        const values: string[] = [];
        await readTopic(kafka, topic, {}, ({ value }) => {
          values.push(String(value));
        });
        expect(values).toEqual(['value']);
      },
      { timeoutMs: 20_000 },
    );
  });

  it('authenticates again before a token expires, on the same connections', async () => {
    endpoint.lifetimeS = 11;
    const kafka = client(oauth);
    const topic = 'expiring';
    await ensureTopics(kafka, [{ topic, partitions: 1, replicationFactor: 1, config: {} }]);
    const producer = used(new RecordProducer(kafka, silentLogger, { deadlineMs: 2_000 }));
    await producer.connect();
    await producer.send([{ topic, key: 'key', value: 'value' }]);
    const before = endpoint.issued;
    await until(
      async () => {
        await producer.send([{ topic, key: 'key', value: 'value' }]);
        expect(endpoint.issued).toBeGreaterThan(before + 2);
      },
      { timeoutMs: 20_000 },
    );
  });

  it.each<[string, () => Record<string, string>, string]>([
    [
      'a wrong password',
      () => ({ ...sasl, KAFKA_SASL_PASSWORD: 'wrong-secret' }),
      'rejected the credentials',
    ],
    [
      'a wrong password with plain',
      () => ({ ...sasl, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'wrong-secret' }),
      'rejected the credentials',
    ],
    ['an unknown user', () => ({ ...sasl, KAFKA_SASL_USERNAME: 'unknown' }), 'rejected the credentials'],
    [
      'a client that the token endpoint rejects',
      () => ({ ...oauth, KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: 'wrong-secret' }),
      'HTTP 401, invalid_client',
    ],
    [
      'a token that the brokers reject',
      () => ({ ...oauth, KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'expired' }),
      'rejected the token',
    ],
    ['an authority that is not trusted', () => ({ ...sasl, KAFKA_SSL_CA: '' }), 'Set KAFKA_SSL_CA'],
    [
      'no client certificate',
      () => ({ KAFKA_BROKERS: cluster.mutualTlsBrokers, KAFKA_SSL: 'true', KAFKA_SSL_CA: authority.ca }),
      'Check KAFKA_SSL_CERT',
    ],
    ['a client certificate of another authority', () => mutualTls(foreign), 'Check KAFKA_SSL_CERT'],
    ['no TLS', () => ({ KAFKA_BROKERS: cluster.saslBrokers }), 'closed the connection'],
    [
      'no mechanism',
      () => ({ KAFKA_BROKERS: cluster.saslBrokers, KAFKA_SSL: 'true', KAFKA_SSL_CA: authority.ca }),
      'closed the connection',
    ],
    [
      'a mechanism that the listener does not offer',
      () => ({
        KAFKA_BROKERS: cluster.brokers,
        KAFKA_SASL_MECHANISM: 'scram-sha-512',
        KAFKA_SASL_USERNAME: 'app',
        KAFKA_SASL_PASSWORD: password,
      }),
      'does not offer this SASL mechanism',
    ],
  ])('logs once which settings to check after %s, and retries', async (_what, settings, message) => {
    const lines: string[] = [];
    const kafka = client(settings(), loggerInto(lines));
    let attempts = 0;
    const forProducing = kafka.forProducing.bind(kafka);
    kafka.forProducing = () => {
      attempts += 1;
      return forProducing();
    };
    const producer = used(new RecordProducer(kafka, loggerInto(lines)));
    void producer.connect();
    await until(
      () => {
        expect(attempts).toBeGreaterThan(3);
        return Promise.resolve();
      },
      { timeoutMs: 20_000 },
    );
    expect(producer.problem()).toContain(message);
    const warnings = lines.filter((line) => line.includes('"level":40'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(message);
    expect(lines.join('')).not.toMatch(
      new RegExp(`wrong-secret|${password}|${endpoint.clientSecret}|PRIVATE KEY`),
    );
  });

  it('lets a command fail with the reason', async () => {
    const rejected = ensureTopics(client({ ...sasl, KAFKA_SASL_PASSWORD: 'wrong-secret' }), []);
    await expect(rejected).rejects.toThrow(KafkaUnavailableError);
    await expect(rejected).rejects.toThrow('Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME');
  });
});
