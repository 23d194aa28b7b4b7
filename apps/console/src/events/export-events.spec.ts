import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { emptyModel } from '../../test/empty-model';
import { Records, topics } from '../../test/records';
import { EventDetails } from './event-details';
import { EventList } from './event-list';
import { exportEvents } from './export-events';

const mebibyte = 1024 * 1024;
const count = 200;

describe('an export', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'export-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it(`of ${String(count)} events of 1 MiB reads each event after the previous one has been sent`, async () => {
    const model = emptyModel(join(folder, 'read-model.sqlite'));
    const r = new Records();
    const text = 'x'.repeat(mebibyte);
    for (let i = 0; i < count; i += 1) model.apply(topics.events, 0, [r.event(`e${String(i)}`, { text })]);
    const details = new EventDetails(model);
    const find = jest.spyOn(details, 'find');
    let [read, sent] = [0, 0];
    for await (const line of Readable.from(exportEvents(new EventList(model), details, {}))) {
      expect((line as string).length).toBeGreaterThan(mebibyte);
      read += find.mock.calls.length;
      find.mockClear();
      // The stream reads one event ahead.
      expect(read - sent).toBeLessThanOrEqual(2);
      sent += 1;
    }
    expect(sent).toBe(count);
    model.db.close();
  });
});
