import { silentLogger } from '@app/testing';
import { type KafkaClient } from './connect';
import { RecordProducer } from './record-producer';

it('sends no more requests if it is closed while it is connecting', async () => {
  jest.useFakeTimers();
  const connect = jest.fn().mockRejectedValue(new Error('connection refused'));
  const admin = () => ({ connect, disconnect: () => Promise.resolve() });
  const client = { forProducing: () => ({ admin }) } as unknown as KafkaClient;
  const producer = new RecordProducer(client, silentLogger);

  const connecting = producer.connect();
  await producer.disconnect();
  await connecting;
  jest.advanceTimersByTime(60_000);
  expect(connect).toHaveBeenCalledTimes(1);
});

it('has a problem while no broker responds', async () => {
  jest.useFakeTimers();
  let isUp = true;
  const connect = () => (isUp ? Promise.resolve() : Promise.reject(new Error('connection refused')));
  const admin = () => ({
    connect,
    describeCluster: () => Promise.resolve({}),
    disconnect: () => Promise.resolve(),
  });
  const client = { forProducing: () => ({ admin }) } as unknown as KafkaClient;
  const producer = new RecordProducer(client, silentLogger);
  await producer.connect();
  expect(producer.problem()).toBeUndefined();
  isUp = false;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(producer.problem()).toBe('Kafka cannot be reached');
  isUp = true;
  await jest.advanceTimersByTimeAsync(5_000);
  expect(producer.problem()).toBeUndefined();
  await producer.disconnect();
});
