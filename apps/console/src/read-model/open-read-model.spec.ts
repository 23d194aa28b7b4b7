import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterState } from '@app/kafka';
import { silentLogger, until } from '@app/testing';
import { emptyModel } from '../../test/empty-model';
import { Records, topics } from '../../test/records';
import { openReadModel } from './open-read-model';

describe('opening the read model', () => {
  let folder: string;
  let file: string;
  let kafka: () => Promise<ClusterState>;
  let mismatches: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'open-'));
    file = join(folder, 'read-model.sqlite');
    mismatches = [];
    const before = emptyModel(file);
    before.apply(topics.events, 0, [new Records().event('e1')]);
    before.db.setMeta('cluster', 'one');
    before.db.close();
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const cluster = (clusterId: string): ClusterState => ({
    clusterId,
    ends: new Map([[topics.events, new Map([[0, 9]])]]),
  });
  const open = () =>
    openReadModel({
      file,
      options: { topics, defaultProjectId: 'default', logger: silentLogger },
      clusterState: () => kafka(),
      onMismatch: (problem) => {
        mismatches.push(problem);
      },
      waitMs: 20,
      retryMs: 5,
      logger: silentLogger,
    });
  const count = (model: Awaited<ReturnType<typeof open>>): number =>
    model.db.all('SELECT 1 FROM events').length;

  it('continues with data of this Kafka cluster, and starts again with another cluster', async () => {
    kafka = () => Promise.resolve(cluster('one'));
    const same = await open();
    expect(count(same)).toBe(1);
    same.db.close();
    kafka = () => Promise.resolve(cluster('two'));
    const other = await open();
    expect(count(other)).toBe(0);
    other.db.close();
  });

  it.each([
    ['does not respond', () => new Promise<ClusterState>(() => undefined)],
    ['cannot be reached', () => Promise.reject<ClusterState>(new Error('connection refused'))],
  ])('shows what was read before if Kafka %s', async (_how, unavailable) => {
    kafka = unavailable;
    const model = await open();
    expect(count(model)).toBe(1);
    model.db.close();
  });

  it('detects another cluster later, so that the next start begins with an empty read model', async () => {
    kafka = () => Promise.reject(new Error('connection refused'));
    const model = await open();
    kafka = () => Promise.resolve(cluster('two'));
    await until(() => mismatches.length > 0);
    model.db.close();
    const next = await open();
    expect(count(next)).toBe(0);
    next.db.close();
    expect(existsSync(file)).toBe(true);
  });
});
