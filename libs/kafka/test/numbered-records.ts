import { setTimeout as delay } from 'node:timers/promises';
import { type RecordProducer } from '../src/record-producer';
import { type ProducedRecord } from '../src/records';

/** Customer and number of a record, without padding. */
const idOf = (value: string): string => value.split('/', 2).join('/');

/** Records of several customers, numbered from 0 for each customer. */
export class NumberedRecords {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly topic: string,
    private readonly customers: readonly string[],
  ) {}

  next(count: number, padding = ''): ProducedRecord[] {
    return Array.from({ length: count }, (_, i) => {
      const key = this.customers[i % this.customers.length] ?? '';
      const number = this.counts.get(key) ?? 0;
      this.counts.set(key, number + 1);
      return { topic: this.topic, key, value: `${key}/${number}/${padding}` };
    });
  }
}

/** Several senders, each of which waits for an acknowledgement before it sends the next records of its customers. */
export class Load {
  /** Values of the records whose `send` has resolved. */
  readonly acknowledged: string[] = [];
  private isStopped = false;
  private readonly senders: Promise<void>[];

  constructor(
    private readonly producer: RecordProducer,
    topic: string,
    senders = 4,
  ) {
    this.senders = Array.from({ length: senders }, (_, sender) =>
      this.run(
        new NumberedRecords(
          topic,
          Array.from({ length: 6 }, (_, customer) => `customer-${sender}-${customer}`),
        ),
      ),
    );
  }

  /** Resolves when this many more records are acknowledged. */
  async more(count: number): Promise<void> {
    const target = this.acknowledged.length + count;
    while (this.acknowledged.length < target && !this.isStopped) await delay(10);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.senders);
  }

  private async run(source: NumberedRecords): Promise<void> {
    while (!this.isStopped) {
      const records = source.next(12);
      await this.producer.send(records);
      for (const { value } of records) this.acknowledged.push(String(value));
      await delay(10);
    }
  }
}

/** The {@link NumberedRecords} that a consumer has read. */
export class ConsumedNumbers {
  private readonly ids = new Set<string>();
  /** By customer, the numbers in the order in which they were first read. */
  private readonly numbers = new Map<string, number[]>();

  get size(): number {
    return this.ids.size;
  }

  add(value: string): void {
    const id = idOf(value);
    if (this.ids.has(id)) return;
    this.ids.add(id);
    const [customer = '', number] = id.split('/');
    const numbers = this.numbers.get(customer) ?? [];
    numbers.push(Number(number));
    this.numbers.set(customer, numbers);
  }

  missing(values: readonly string[]): string[] {
    return values.map(idOf).filter((id) => !this.ids.has(id));
  }

  /** Customers with a record that was first read after a later one. */
  get outOfOrder(): string[] {
    return [...this.numbers]
      .filter(([, numbers]) => numbers.some((number, i) => number < (numbers[i - 1] ?? 0)))
      .map(([customer]) => customer);
  }
}
