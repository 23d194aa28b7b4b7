import { type ProducedRecord, sizeOf } from '@app/kafka';

const maxRecords = 500;
const maxBytes = 4 * 1024 * 1024;

/** Collects records and sends them in batches, so that only one batch is in memory. */
export class RecordBatches {
  private records: ProducedRecord[] = [];
  private bytes = 0;

  constructor(private readonly send: (records: readonly ProducedRecord[]) => Promise<void>) {}

  async add(record: ProducedRecord): Promise<void> {
    this.records.push(record);
    this.bytes += sizeOf(record);
    if (this.records.length >= maxRecords || this.bytes >= maxBytes) await this.end();
  }

  /** Sends the remaining records. */
  async end(): Promise<void> {
    if (this.records.length > 0) await this.send(this.records);
    [this.records, this.bytes] = [[], 0];
  }
}
