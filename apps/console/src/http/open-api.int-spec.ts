import { RecordProducer } from '@app/kafka';
import { Validator } from '@seriousme/openapi-schema-validator';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { ApiDocument } from '../../test/api-document';
import { RunningConsole } from '../../test/running-console';
import { sampleRecordsRead, writeSampleRecords } from '../../test/sample-records';

const key = Buffer.alloc(32, 7).toString('base64');

/** A request for each path of the document. */
const requests: Record<string, string> = {
  '/api/session': 'session',
  '/api/overview': 'overview?range=15m',
  '/api/integrations': 'integrations',
  '/api/integrations/{projectId}': 'integrations/described',
  '/api/integrations/{projectId}/revenuecat-webhooks': 'integrations/described/revenuecat-webhooks',
  '/api/integration-definitions': 'integration-definitions',
  '/api/integrations/{projectId}/filtered-events': 'integrations/default/filtered-events',
  '/api/setup': 'setup',
  '/api/customers': 'customers?query=user',
  '/api/customer': 'customer?project=default&id=user-3',
  '/api/customer/events': 'customer/events?project=default&id=user-3',
  '/api/events': 'events?limit=50',
  '/api/events/facets': 'events/facets',
  '/api/events/examples': 'events/examples?project=default',
  '/api/event': 'event?project=default&id=bad-3',
  '/api/dead-letter-groups': 'dead-letter-groups',
  '/api/dead-letters': 'dead-letters?source=deliveries&stage=dispatcher&reason=statsig_400',
  '/api/dead-letters/{id}': 'dead-letters/1',
  '/api/redrives': 'redrives',
  '/api/audit': 'audit',
  '/api/audit/facets': 'audit/facets',
  '/api/redrives/{id}': 'redrives/1',
  '/api/notification-channels': 'notification-channels',
};

const streams = { '/api/events/stream': 'text/event-stream', '/api/events/export': 'application/x-ndjson' };

describe('the description of the API', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let console: RunningConsole;
  let document: ApiDocument;
  let channelId: string;

  beforeAll(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    await writeSampleRecords(producer, topics.names);
    console = await RunningConsole.start(topics.prefix, { SETTINGS_ENCRYPTION_KEY: key });
    await sampleRecordsRead(console);
    await console.do('integrations', {
      projectId: 'described',
      serverSecret: 'secret-0123456789abcdef',
      eventNames: { RENEWAL: 'renewed' },
    });
    await console.do('redrives', { id: 1 });
    const channel = { kind: 'slack', name: 'Pager', url: 'https://slack.invalid/services/T0/B0/x' };
    channelId = ((await (await console.do('notification-channels', channel)).json()) as { id: string }).id;
    document = new ApiDocument((await (await console.get('openapi.json')).json()) as ApiDocument['json']);
  });

  afterAll(async () => {
    await console.remove('integrations/described');
    await console.remove(`notification-channels/${channelId}`);
    await console.stop();
    await producer.disconnect();
    await topics.remove();
  });

  it('is valid OpenAPI', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document.json));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('describes the body of every response', () => {
    const bodiless = document
      .operations()
      .flatMap(({ method, path, operation }) =>
        Object.entries(operation.responses).map(([status, { content }]) => ({
          response: `${method} ${path} ${status}`,
          content,
        })),
      )
      .filter(({ content }) => content === undefined)
      .map(({ response }) => response);
    expect(bodiless.toSorted()).toEqual([
      'delete /api/integrations/{projectId} 204',
      'delete /api/notification-channels/{id} 204',
      'delete /api/session 204',
    ]);
  });

  it('matches the response to every GET request', async () => {
    const paths = document
      .operations()
      .filter(({ method, path }) => method === 'get' && !(path in streams))
      .map(({ path }) => path);
    expect(paths.toSorted()).toEqual(Object.keys(requests).toSorted());
    for (const path of paths) {
      const response = await console.get(requests[path] ?? '');
      const body: unknown = await response.json();
      expect([path, body]).not.toEqual([path, []]);
      expect([path, document.differences('get', path, response, body)]).toEqual([path, []]);
    }
  });

  it('matches each line of the export', async () => {
    const lines = (await (await console.get('events/export')).text()).trim().split('\n');
    expect(lines).toHaveLength(40);
    const expected = { status: 200, mediaType: 'application/x-ndjson' };
    for (const line of lines) {
      expect(document.differences('get', '/api/events/export', expected, JSON.parse(line))).toEqual([]);
    }
  });

  it('matches the messages of the event stream', async () => {
    const stream = (await console.get('events/stream')).body?.pipeThrough(new TextDecoderStream());
    await console.do('event/resend', { project: 'default', id: 'good-3' });
    let text = '';
    for await (const chunk of stream ?? []) {
      text += chunk;
      if (/^data: .+\n\n/m.test(text)) break;
    }
    const expected = { status: 200, mediaType: 'text/event-stream' };
    const data: unknown = JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? '');
    expect(document.differences('get', '/api/events/stream', expected, data)).toEqual([]);
  });

  it('matches the responses to changes', async () => {
    const path = '/api/event/resend';
    const event = { project: 'default', id: 'good-4' };
    const changes: [string, string, number, Response][] = [
      ['post', path, 202, await console.do('event/resend', event)],
      ['post', '/api/redrives', 202, await console.do('redrives', { id: 2 })],
      ['post', '/api/integrations/{projectId}/pause', 200, await console.do('integrations/described/pause')],
      [
        'put',
        '/api/integration-definitions/{projectId}',
        200,
        await console.put('integration-definitions/described', { settings: {}, dryRun: true }),
      ],
    ];
    for (const [method, of, status, response] of changes) {
      expect([of, response.status]).toEqual([of, status]);
      expect(document.differences(method, of, response, await response.json())).toEqual([]);
    }
  });

  it('matches the responses to rejected requests', async () => {
    const rejections: [string, string, number, Response][] = [
      ['get', '/api/events', 400, await console.get('events?limit=0')],
      ['get', '/api/events', 401, await fetch(`${console.url}/api/events`)],
      ['get', '/api/dead-letters/{id}', 400, await console.get('dead-letters/x')],
      ['get', '/api/event', 404, await console.get('event?project=default&id=unknown')],
      ['post', '/api/redrives', 400, await console.do('redrives', { everything: 1 })],
      [
        'post',
        '/api/integrations',
        409,
        await console.do('integrations', { projectId: 'described', serverSecret: 's' }),
      ],
      [
        'post',
        '/api/session',
        403,
        await console.post('session', { token: '' }, { origin: 'http://evil.example' }),
      ],
    ];
    for (const [method, path, status, response] of rejections) {
      const mediaType = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
      expect([path, response.status, mediaType]).toEqual([path, status, 'application/problem+json']);
      const expected = { status, mediaType };
      expect(document.differences(method, path, expected, await response.json())).toEqual([]);
    }
  });
});
