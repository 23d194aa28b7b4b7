import { RecordProducer } from '@app/kafka';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { RunningConsole } from '../test/running-console';
import { type DeadLetterPage } from '../api/dead-letters';

describe('the console with arbitrary input', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let one: RunningConsole;

  beforeAll(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    one = await RunningConsole.start(topics.prefix);
  });

  afterAll(async () => {
    await one.stop();
    await producer.disconnect();
    await topics.remove();
  });

  it('shows events and customers of any id that is accepted', async () => {
    const ids = ['..', '.', '%2e%2e', 'a b&c=d+e?#', '\u0000', 'ü'.repeat(256), '𝒳'.repeat(128)];
    const customers = ['..', '.', 'a b&c=d+e?#%', 'ü'.repeat(512), '𝒳'.repeat(256)];
    const records = [
      ...ids.map((id) => [id, `of ${id.slice(0, 9)}`]),
      ...customers.map((id, i) => [`c${i}`, id]),
    ];
    await producer.send(
      records.map(([id, app_user_id]) => ({
        topic: topics.names.events,
        key: null,
        value: JSON.stringify({ event: { id, type: 'RENEWAL', app_user_id } }),
        headers: { 'project-id': 'ids' },
      })),
    );
    const stored = () => one.model.db.all("SELECT 1 FROM events WHERE project = 'ids'").length;
    while (stored() < records.length) await new Promise((resolve) => setTimeout(resolve, 50));
    for (const id of ids) {
      const shown = await one.get(`event?${new URLSearchParams({ project: 'ids', id }).toString()}`);
      expect(await shown.json()).toMatchObject({ eventId: id });
      expect((await one.do('event/resend', { project: 'ids', id })).status).toBe(202);
    }
    for (const id of customers) {
      const query = new URLSearchParams({ project: 'ids', id }).toString();
      expect(await (await one.get(`customer?${query}`)).json()).toMatchObject({ id, events: 1 });
      const { events } = (await (await one.get(`customer/events?${query}`)).json()) as { events: unknown[] };
      expect(events).toMatchObject([{ appUserId: id }]);
      expect(
        await (await one.get(`events?${new URLSearchParams({ customer: id }).toString()}`)).json(),
      ).toMatchObject({
        events: [{ appUserId: id }],
      });
    }
  });

  it('exports events as received, and records who exported them', async () => {
    const event = (id: string, rest: string) => `{ "event": {\n "id": "${id}", "project": 1, ${rest} } }`;
    const bodies = [
      event('digits', '"transaction_id": 12345678901234567890, "price": 1.0, "twice": 1, "twice": 2'),
      `\uFEFF${event('mark', '"type": "RENEWAL"')}`,
      event('deep', `"nested": ${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      event('lines', '"text": "a\\nb",\r\n "type": "RENEWAL"'),
    ];
    await producer.send(
      bodies.map((value) => ({
        topic: topics.names.events,
        key: null,
        value,
        headers: { 'project-id': 'export' },
      })),
    );
    const stored = () =>
      one.model.db.all("SELECT 1 FROM bodies b JOIN events e ON e.seq = b.seq WHERE e.project = 'export'");
    while (stored().length < bodies.length) await new Promise((resolve) => setTimeout(resolve, 50));
    const exported = await (
      await one.get('events/export?project=export&customer=private%40example.com')
    ).text();
    expect(exported).toBe('');
    const lines = (await (await one.get('events/export?project=export')).text()).trimEnd().split('\n');
    expect(lines).toHaveLength(bodies.length);
    for (const body of bodies) {
      const text = body.replace('\uFEFF', '').replaceAll(/[\r\n]+/g, ' ');
      expect(lines.some((line) => line.endsWith(`,"received":${text}}`))).toBe(true);
    }
    const audited = await topics.find(
      topics.names.audit,
      ({ value }) => value?.includes('customerHash') === true,
    );
    expect(audited.value?.toString()).toContain('"export_events"');
    expect(audited.value?.toString()).not.toContain('private');
  });

  it('lists dead letters of the same millisecond, page by page', async () => {
    const headers = {
      'dead-letter-reason': 'paged',
      'dead-letter-stage': 'mapper',
      'dead-letter-at-ms': '1767614400000',
    };
    await producer.send(
      Array.from({ length: 120 }, (_, i) => ({
        topic: topics.names.eventsDeadLetter,
        key: null,
        value: `not an event ${i}`,
        headers,
      })),
    );
    const stored = () => one.model.db.all("SELECT 1 FROM dead_letters WHERE reason = 'paged'").length;
    while (stored() < 120) await new Promise((resolve) => setTimeout(resolve, 50));
    const ids: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = `source=events&stage=mapper&reason=paged&limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = (await (await one.get(`dead-letters?${query}`)).json()) as DeadLetterPage;
      ids.push(...page.deadLetters.map(({ id }) => id));
      cursor = page.next;
    }
    expect(new Set(ids).size).toBe(120);
    expect(ids).toHaveLength(120);
    expect((await one.get('dead-letters?source=events&stage=mapper&reason=paged&cursor=x')).status).toBe(400);
  });
});
