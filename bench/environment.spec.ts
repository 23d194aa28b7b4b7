import { environmentSentence } from './environment';

it('names commit, machine and versions in one sentence', () => {
  const text = environmentSentence({
    commit: 'abc1234',
    date: '2026-01-31',
    cpu: 'Some Processor',
    cores: 2,
    memoryBytes: 24 * 2 ** 30,
    node: '24.1.0',
    kafka: '4.1.1',
    redis: '7.0.15',
    kafkajs: '2.2.4',
  });
  expect(text).toBe(
    'Measured at commit abc1234 on 2026-01-31: 2 × Some Processor, 24 GiB of memory; Node.js 24.1.0, Kafka 4.1.1, Redis 7.0.15, kafkajs 2.2.4.',
  );
});
