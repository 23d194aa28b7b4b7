import { customerHash } from '@app/identity';
import { RecordProducer } from '@app/kafka';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { runCli } from './test/run-cli';

/** Each run compiles the CLI first. */
const severalRunsMs = 180_000;

describe('npm run cli -- replay', () => {
  let topics: ScratchTopics;

  beforeAll(async () => {
    topics = await scratchTopics(2, { projects: [] });
    const producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    const record = (id: string, projectId: string) => ({
      topic: topics.names.events,
      key: `${projectId}:42`,
      value: JSON.stringify({ event: { id, type: 'RENEWAL', app_user_id: '42' } }),
      headers: { 'project-id': projectId },
    });
    const many = Array.from({ length: 1_200 }, (_, n) => record(`shop-${String(n)}`, 'shop'));
    await producer.send([...many, record('other-1', 'other')]);
    await producer.disconnect();
  });

  afterAll(() => topics.remove());

  const replay = (...args: string[]) =>
    runCli(['replay', ...args], { env: { KAFKA_TOPIC_PREFIX: topics.prefix } });

  it(
    'sends each event of one project once per run, and excludes earlier replays',
    async () => {
      const dryRun = await replay('--dry-run', '--all-projects', '--customer', '42');
      expect(dryRun).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('1201 events match') as unknown,
      });
      for (let run = 0; run < 2; run += 1) {
        const { code, stdout } = await replay('--project', 'shop', '--customer', '42', '--force', '--yes');
        expect({ code, stdout }).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('1200 events') as unknown,
        });
      }
      const records = await topics.read(topics.names.events, 1_201 + 2 * 1_200);
      expect(records).toHaveLength(1_201 + 2 * 1_200);
      const copies = records.filter(({ headers }) => headers['source'] === 'replay');
      expect(new Set(copies.map(({ headers }) => headers['project-id']))).toEqual(new Set(['shop']));
      expect(new Set(copies.map(({ headers }) => headers['replay-id'])).size).toBe(2);

      // The dry run sends nothing, and is not recorded.
      const audited = await topics.read(topics.names.audit, 2);
      expect(audited.map(({ value }) => JSON.parse(value?.toString() ?? '') as unknown)).toEqual(
        Array(2).fill(
          expect.objectContaining({
            ...{ who: 'command line', action: 'replay', target: 'shop' },
            // The id of the customer is not in the audit log.
            detail: { customerHash: customerHash('shop', '42'), evenIfDelivered: true, events: 1_200 },
          }),
        ),
      );
    },
    severalRunsMs,
  );
});
