import { silentLogger } from '@app/testing';
import { deadLetter, type DeadLetterCause, redrivenHeaders, writeOutcomes } from './dead-letter';
import { headerNames as h } from './headers';
import { RecordsRejectedError } from './kafka-errors';
import { type ProducedRecord, sizeOf } from './records';

const cause: DeadLetterCause = {
  reason: 'not_json',
  detail: 'The value is not JSON.',
  stage: 'mapper',
  attempts: 1,
  atMs: 1_767_312_000_000,
};
const source = {
  topic: 'revenuecat.events',
  partition: 3,
  offset: 41,
  key: Buffer.from('customer'),
  value: Buffer.from('{'),
  headers: { trace: 'abc' },
};

describe('deadLetter', () => {
  it('keeps key, value and headers, and adds the reason and the source of the record', () => {
    expect(deadLetter('dead', source, cause)).toEqual({
      topic: 'dead',
      key: source.key,
      value: source.value,
      headers: {
        trace: 'abc',
        [h.deadLetterTopic]: 'revenuecat.events',
        [h.deadLetterPartition]: '3',
        [h.deadLetterOffset]: '41',
        [h.deadLetterReason]: 'not_json',
        [h.deadLetterDetail]: 'The value is not JSON.',
        [h.deadLetterStage]: 'mapper',
        [h.deadLetterAttempts]: '1',
        [h.deadLetterAtMs]: '1767312000000',
      },
    });
  });

  it('loses the added headers when it is redriven', () => {
    const { headers = {} } = deadLetter('dead', source, cause);
    expect(redrivenHeaders({ topic: 'dead', partition: 0, offset: 7, headers })).toEqual({
      trace: 'abc',
      [h.redriveOf]: 'dead/0/7',
    });
  });
});

describe('writeOutcomes', () => {
  const receipt: ProducedRecord = { topic: 'receipts', key: 'k', value: 'x'.repeat(20_000) };

  /** Rejects records larger than this many bytes, like a topic's `max.message.bytes`. */
  function producerWith(maxBytes: number) {
    const written: ProducedRecord[] = [];
    const send = (records: readonly ProducedRecord[]): Promise<void> => {
      const rejected = records.filter((record) => sizeOf(record) > maxBytes);
      written.push(...records.filter((record) => !rejected.includes(record)));
      if (rejected.length === 0) return Promise.resolve();
      return Promise.reject(
        new RecordsRejectedError(rejected.map((record) => ({ record, reason: 'too_large' }))),
      );
    };
    return { written, send };
  }

  it('truncates a rejected dead letter until it is accepted, and marks it as truncated', async () => {
    const value = Buffer.from('0123456789'.repeat(1_000));
    const producer = producerWith(4_000);
    await writeOutcomes(producer, [deadLetter('dead', { ...source, value }, cause)], silentLogger);
    expect(producer.written).toHaveLength(1);
    const [written] = producer.written;
    expect(written).toMatchObject({
      key: source.key,
      headers: { trace: 'abc', [h.deadLetterTruncated]: 'true', [h.deadLetterReason]: 'not_json' },
    });
    expect(value.subarray(0, written?.value?.length).equals(written?.value as Buffer)).toBe(true);
    expect(written?.value?.length).toBe(2_500);
  });

  it.each([
    ['headers', { headers: { large: 'x'.repeat(10_000) } }],
    ['key', { key: Buffer.alloc(10_000) }],
  ])('drops the %s of a dead letter if its value is not the reason for the rejection', async (_, large) => {
    const producer = producerWith(4_000);
    await writeOutcomes(producer, [deadLetter('dead', { ...source, ...large }, cause)], silentLogger);
    expect(producer.written).toMatchObject([
      { key: null, value: source.value, headers: { [h.deadLetterOffset]: '41' } },
    ]);
    expect(producer.written[0]?.headers).not.toHaveProperty('large');
  });

  it('drops a rejected receipt, and writes the other records', async () => {
    const producer = producerWith(4_000);
    const small = { ...receipt, value: 'small' };
    const letter = deadLetter('dead', source, cause);
    await writeOutcomes(producer, [receipt, small, letter], silentLogger);
    expect(producer.written).toEqual([small, letter]);
  });

  it('fails if a rejected dead letter cannot be truncated further', async () => {
    const producer = producerWith(100);
    const letter = deadLetter('dead', source, cause);
    await expect(writeOutcomes(producer, [letter], silentLogger)).rejects.toThrow(RecordsRejectedError);
  });

  it('passes on every other failure', async () => {
    const send = (): Promise<void> => Promise.reject(new Error('no broker'));
    await expect(writeOutcomes({ send }, [receipt], silentLogger)).rejects.toThrow('no broker');
  });
});
