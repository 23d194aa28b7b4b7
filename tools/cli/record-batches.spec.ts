import { type ProducedRecord } from '@app/kafka';
import { RecordBatches } from './record-batches';

const mebibyte = 1024 * 1024;

describe('RecordBatches', () => {
  it('sends each record once and in order, with at most 500 records or 5 MiB in memory', async () => {
    const sizes = [...Array<number>(12).fill(mebibyte), ...Array<number>(1_200).fill(10)];
    const batches: (readonly ProducedRecord[])[] = [];
    const batched = new RecordBatches((records) => {
      batches.push(records);
      return Promise.resolve();
    });
    for (const size of sizes) await batched.add({ topic: 't', key: null, value: Buffer.alloc(size) });
    await batched.end();
    await batched.end();
    expect(batches.flat().map(({ value }) => value?.length)).toEqual(sizes);
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 4, 500, 500, 200]);
  });

  it('keeps records that could not be sent', async () => {
    const sent: (readonly ProducedRecord[])[] = [];
    let isAvailable = false;
    const batched = new RecordBatches((records) => {
      if (!isAvailable) return Promise.reject(new Error('Kafka is not available'));
      sent.push(records);
      return Promise.resolve();
    });
    await batched.add({ topic: 't', key: null, value: null });
    await expect(batched.end()).rejects.toThrow('not available');
    isAvailable = true;
    await batched.end();
    expect(sent.flat()).toHaveLength(1);
  });
});
