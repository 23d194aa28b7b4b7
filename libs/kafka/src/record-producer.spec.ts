import { quietLogger } from '../test/scratch-topics';
import { type KafkaClient } from './connect';
import { RecordProducer } from './record-producer';

it('asks no broker any more after it was closed while it was connecting', async () => {
  jest.useFakeTimers();
  const connect = jest.fn().mockRejectedValue(new Error('connection refused'));
  const admin = () => ({ connect, disconnect: () => Promise.resolve() });
  const client = { forProducing: () => ({ admin }) } as unknown as KafkaClient;
  const producer = new RecordProducer(client, quietLogger);

  const connecting = producer.connect();
  await producer.disconnect();
  await connecting;
  jest.advanceTimersByTime(60_000);
  expect(connect).toHaveBeenCalledTimes(1);
});
