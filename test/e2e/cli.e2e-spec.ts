import { type ProduceResult } from '../../tools/cli/produce/summary';
import { type PipelineStatus } from '../../tools/cli/status/status';
import { runCli } from '../../tools/cli/test/run-cli';
import { RunningPipeline } from './running-pipeline';

/** Each run compiles the CLI first. */
const severalRunsMs = 180_000;

describe('the command line beside a running pipeline', () => {
  let pipeline: RunningPipeline;
  let env: Record<string, string>;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start({ STATSIG_EVENT_TYPES: '*' });
    const ingestUrl = await pipeline.urlOf('ingest');
    env = {
      ...pipeline.settingsOf('ingest'),
      INGEST_URL: ingestUrl,
      CONSOLE_URL: 'http://127.0.0.1:9',
      CLI_APP_URLS: `ingest=${ingestUrl}, mapper=http://127.0.0.1:9`,
    };
  });

  afterAll(() => pipeline.stop());

  async function produce(args: readonly string[], changes: Record<string, string> = {}, input = '') {
    const { code, stdout, stderr } = await runCli(['produce', '--json', ...args], {
      env: { ...env, ...changes },
      input,
    });
    if (stdout === '') throw new Error(stderr);
    return { code, result: JSON.parse(stdout) as ProduceResult, printed: stdout + stderr };
  }

  const generated = ['--events', '300', '--customers', '20', '--seed', 'cli'];

  it(
    'produces the same generated events to the endpoint and to the topic, which are delivered once',
    async () => {
      const posted = await produce(generated);
      expect(posted).toMatchObject({ code: 0, result: { accepted: 300, rejected: 0, seed: 'cli' } });
      const written = await produce([...generated, '--to', 'topic']);
      expect(written).toMatchObject({ code: 0, result: { accepted: 300, rejected: 0 } });
      const last = '{"id":"last","type":"TEST","app_user_id":"last"}';
      expect(await produce(['--project', pipeline.projectId], {}, last)).toMatchObject({ code: 0 });

      const records = await pipeline.topics.read(pipeline.topics.names.events, 601);
      const undelivered = new Set(records.map(({ headers }) => headers['event-id'] ?? ''));
      expect(undelivered.size).toBe(301);
      await pipeline.receipts(({ eventId, sourceEventId = eventId, outcome }) => {
        if (outcome === 'delivered') undelivered.delete(sourceEventId);
        return undelivered.size === 0;
      });
      expect(await pipeline.statsigRepeats()).toEqual({});
    },
    severalRunsMs,
  );

  it(
    'counts rejected events by reason without showing the credentials, and exits with 1',
    async () => {
      const input = '{"event":{"type":"TEST"}}\nnot json\n{"id":"good","type":"TEST","app_user_id":"anna"}\n';
      const invalid = await produce([], {}, input);
      expect(invalid.code).toBe(1);
      expect(invalid.result).toMatchObject({ accepted: 1, rejected: 2 });
      expect(invalid.result.rejections.every(({ reason }) => reason.startsWith('400'))).toBe(true);
      const unauthorized = await produce(['--events', '2'], { WEBHOOK_AUTHORIZATION: 'Bearer wrong-one' });
      expect(unauthorized).toMatchObject({ code: 1, result: { accepted: 0, rejected: 2 } });
      expect(unauthorized.result.rejections).toMatchObject([
        { reason: expect.stringContaining('401') as unknown },
      ]);
      expect(unauthorized.printed).not.toContain('wrong-one');
      const unreachable = await runCli(['produce', '--events', '1'], {
        env: { ...env, INGEST_URL: 'http://127.0.0.1:9' },
      });
      expect(unreachable).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('INGEST_URL') as unknown,
      });
    },
    severalRunsMs,
  );

  it(
    'shows the waiting events of the project, their age, dead letters and the health of the apps',
    async () => {
      await pipeline.stopApp('dispatcher');
      await produce(['--events', '10']);
      const { code, stdout } = await runCli(['status', '--json', '--interval', '1'], { env });
      expect(code).toBe(0);
      const status = JSON.parse(stdout) as PipelineStatus;
      const project = status.projects.find(({ projectId }) => projectId === pipeline.projectId);
      expect(project).toMatchObject({ state: 'enabled', lag: 10 });
      expect(project?.oldestAgeMs).toBeLessThan(60_000);
      expect(status.mapper).toMatchObject({ lag: 0, oldestAgeMs: 0 });
      expect(status.deadLettersLastHour[pipeline.topics.names.eventsDeadLetter]).toBe(2);
      expect(status.apps).toMatchObject([
        { name: 'ingest', health: 'ready' },
        { name: 'mapper', health: 'unreachable' },
      ]);
      expect(status.problems).toEqual([expect.stringContaining('console')]);
    },
    severalRunsMs,
  );
});
