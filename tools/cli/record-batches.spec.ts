import { type ProducedRecord } from '@app/kafka';
import { RecordBatches } from './record-batches';

const mebibyte = 1024 * 1024;

describe('records that are sent in batches', () => {
  it('are sent in order, each once, with at most 500 of them or 5 MiB in memory', async () => {
    const sizes = [...Array<number>(12).fill(mebibyte), ...Array<number>(1_200).fill(10)];
    const batches: (readonly ProducedRecord[])[] = [];
    const gathered = new RecordBatches((records) => {
      batches.push(records);
      return Promise.resolve();
    });
    for (const size of sizes) await gathered.add({ topic: 't', key: null, value: Buffer.alloc(size) });
    await gathered.end();
    await gathered.end();
    expect(batches.flat().map(({ value }) => value?.length)).toEqual(sizes);
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 4, 500, 500, 200]);
  });

  it('are kept if they could not be sent', async () => {
    const sent: (readonly ProducedRecord[])[] = [];
    let isAvailable = false;
    const gathered = new RecordBatches((records) => {
      if (!isAvailable) return Promise.reject(new Error('Kafka is not available'));
      sent.push(records);
      return Promise.resolve();
    });
    await gathered.add({ topic: 't', key: null, value: null });
    await expect(gathered.end()).rejects.toThrow('not available');
    isAvailable = true;
    await gathered.end();
    expect(sent.flat()).toHaveLength(1);
  });
});
