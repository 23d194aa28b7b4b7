import { envelope, RunningSimulator } from '../../test/running-simulator';

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await RunningSimulator.start();
});
afterAll(() => simulator.stop());
beforeEach(() => simulator.reset());

describe('the log stream', () => {
  it('serves its page with a policy that allows only its own files', async () => {
    const response = await fetch(simulator.url);
    expect(response.headers.get('content-security-policy')).toContain(
      "default-src 'none'; script-src 'self'",
    );
    expect(await response.text()).not.toMatch(/<script>|style="|onclick/);
    expect((await fetch(`${simulator.url}/page/..%2Fmain.ts`)).status).toBe(404);
  });

  it('sends events as they arrive', async () => {
    const response = await fetch(`${simulator.url}/_sim/stream`);
    await simulator.send(envelope('e1', { price: 4.99 }));
    const seen = await textUntil(
      response,
      (text) => text.includes('"id":"e1"') && text.includes('event: state'),
    );
    expect(seen).toContain('"value":4.99');
  });

  it('does not delay shutdown, and neither does a hanging request', async () => {
    const ending = await RunningSimulator.start();
    const stream = await fetch(`${ending.url}/_sim/stream`);
    await ending.faults({ kind: 'hang', accepted: true });
    const hanging = expect(ending.send(envelope('e1'))).rejects.toThrow();
    await textUntil(stream, (text) => text.includes('"id":"e1"'));
    await ending.stop();
    await hanging;
  });
});

async function textUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (!isEnough(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended after: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return text;
}
