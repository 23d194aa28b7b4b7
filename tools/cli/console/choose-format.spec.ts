import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { withFormat } from './choose-format';

/** Enters a line, on a terminal unless `isTTY` is false. */
async function choose(settings: Record<string, unknown>, line: string, isTTY = true) {
  const output = new PassThrough();
  const input = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream & PassThrough;
  input.write(`${line}\n`);
  const chosen = await withFormat(settings, { input, output });
  output.end();
  return { chosen, shown: await text(output) };
}

describe('the format of a new integration', () => {
  it('is asked for, with a recommendation', async () => {
    const { chosen, shown } = await choose({ includeSandbox: true }, '');
    expect(chosen).toEqual({ includeSandbox: true, format: 'log_event', eventNames: 'rc' });
    expect(shown).toContain('does not publish its address');
    expect((await choose({}, 'revenuecat')).chosen).toEqual({ format: 'revenuecat' });
  });

  it('does not change the given event names', async () => {
    const { chosen } = await choose({ eventNames: 'received' }, 'log_event');
    expect(chosen).toEqual({ eventNames: 'received', format: 'log_event' });
  });

  it('is not asked for if it is given, or if standard input is not a terminal', async () => {
    expect(await choose({ format: 'log_event' }, '')).toEqual({ chosen: { format: 'log_event' }, shown: '' });
    const { chosen, shown } = await choose({}, 'secret-1', false);
    expect(chosen).toEqual({});
    expect(shown).toContain('revenuecat is used');
  });
});
