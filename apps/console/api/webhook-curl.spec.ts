import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { parseEnvelope } from '@app/revenuecat';
import { webhookCurl } from './webhook-curl';

const url = 'https://hooks.example/v1/projects/shop/webhooks/revenuecat';
const nowMs = 1_764_000_000_000;

/** Runs the commands in a shell whose `curl` prints its arguments, one per line, and then its standard input for `@-`. */
function run(script: string, env: Record<string, string> = {}): { args: string[]; input: string } {
  const withStub = `curl() { printf '%s\n' "$@"; echo ----; case " $* " in *" @- "*) cat;; esac; }\n${script}`;
  const output = execFileSync('sh', ['-c', withStub], { env: { ...process.env, ...env } }).toString();
  const [args = '', input = ''] = output.split('----\n');
  return { args: args.trimEnd().split('\n'), input };
}

describe('the curl command of a webhook endpoint', () => {
  it('posts a TEST event with the Authorization value, whatever characters it contains', () => {
    const authorization = `Bearer it's "quoted" $HOME \\ \`date\``;
    const { args, input } = run(
      webhookCurl({ url, authorizations: 1, signingSecrets: 0 }, nowMs, authorization),
    );
    expect(args).toContain(url);
    expect(input).toBe(`Authorization: ${authorization}\n`);
    expect(args.join()).not.toContain('Bearer');
    const body = args.at(-1) ?? '';
    expect(parseEnvelope(Buffer.from(body))).toMatchObject({
      kind: 'envelope',
      envelope: { event: { type: 'TEST' } },
    });
  });

  it('reads the value from the environment if it is unknown', () => {
    const script = webhookCurl({ url, authorizations: 1, signingSecrets: 0 }, nowMs);
    expect(run(script, { AUTHORIZATION: 'Bearer mine' }).input).toBe('Authorization: Bearer mine\n');
  });

  it('signs the body if the endpoint requires a signature', () => {
    const script = webhookCurl({ url, authorizations: 0, signingSecrets: 1 }, nowMs);
    const { args, input } = run(script, { SIGNING_SECRET: 'whsec' });
    expect(input).toBe('');
    expect(args).not.toContain('@-');
    const header = args.find((arg) => arg.startsWith('X-RevenueCat-Webhook-Signature: ')) ?? '';
    const [, time = '', signature] = /t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
    const expected = createHmac('sha256', 'whsec')
      .update(`${time}.${args.at(-1) ?? ''}`)
      .digest('hex');
    expect(signature).toBe(expected);
  });
});
