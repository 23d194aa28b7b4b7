import { createHmac } from 'node:crypto';
import { type Channel, receives } from './channel';
import { requestFor } from './message';
import { notificationOf, type StateChange } from './notification';

const key = Buffer.alloc(24, 7);
const shared = {
  id: 'c1',
  name: 'Pager',
  projectId: null,
  subjects: ['delivery' as const],
  url: 'https://x',
};
const webhook: Channel = { ...shared, kind: 'webhook', secret: `whsec_${key.toString('base64')}` };
const slack: Channel = { ...shared, kind: 'slack' };
const change: StateChange = {
  ...{ subject: 'delivery', projectId: 'shop', reason: null, level: 'suspended' },
  ...{ count: null, status: 401, sinceMs: null, atMs: Date.UTC(2026, 0, 31, 12) },
};
const nowMs = Date.UTC(2026, 0, 31, 12, 0, 5);

describe('a message to a webhook', () => {
  it('has the id, the time and a signature of both and the body', () => {
    const { headers, body } = requestFor(webhook, notificationOf('n1', change), 'https://console/', nowMs);
    const timestamp = String(nowMs / 1_000);
    expect(headers).toMatchObject({ 'webhook-id': 'n1', 'webhook-timestamp': timestamp });
    const digest = createHmac('sha256', key).update(`n1.${timestamp}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${digest}`);
    expect(JSON.parse(body)).toMatchObject({
      id: 'n1',
      type: 'integration.suspended',
      timestamp: '2026-01-31T12:00:00.000Z',
      data: { project: 'shop', status: 401, link: 'https://console/integrations/shop' },
    });
  });

  it('has a new signature and the same id and body in every attempt', () => {
    const [first, second] = [nowMs, nowMs + 60_000].map((atMs) =>
      requestFor(webhook, notificationOf('n1', change), undefined, atMs),
    );
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe('n1');
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
  });
});

describe('a message to Slack', () => {
  it('has a text with a link, and escapes what Slack would read as markup', () => {
    const notification = { ...notificationOf('n1', change), projectId: '<!channel>' };
    const { headers, body } = requestFor(slack, notification, 'https://console', nowMs);
    expect(headers).not.toHaveProperty('webhook-signature');
    const { text } = JSON.parse(body) as { text: string };
    expect(text).toMatch(/^Project &lt;!channel&gt;: the integration is suspended/);
    expect(text).toMatch(/ <https:\/\/console\/integrations\/%3C!channel%3E\|Open the console>$/);
  });
});

describe('a channel', () => {
  it('receives what it is notified about, of its project or of all', () => {
    expect(receives(webhook, change)).toBe(true);
    expect(receives({ ...webhook, projectId: 'shop' }, change)).toBe(true);
    expect(receives({ ...webhook, projectId: 'other' }, change)).toBe(false);
    expect(receives({ ...webhook, projectId: 'shop' }, { ...change, projectId: null })).toBe(false);
    expect(receives({ ...webhook, subjects: ['retention'] }, change)).toBe(false);
  });
});
