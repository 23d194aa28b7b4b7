import { readConfig } from '@app/platform';
import { ingestConfig } from './ingest.config';

const read = (env: Record<string, string>) =>
  readConfig(ingestConfig, { WEBHOOK_AUTHORIZATION: 'Bearer x', ...env });

describe('the settings of ingest', () => {
  it.each(['my shop', 'shop/1', 'x'.repeat(65), 'café'])('reject the project id %j', (PROJECT_ID) => {
    expect(() => read({ PROJECT_ID })).toThrow('PROJECT_ID');
  });

  it('accept an Authorization value with commas, unchanged', () => {
    expect(read({ WEBHOOK_AUTHORIZATION: 'Basic a,b' }).WEBHOOK_AUTHORIZATION).toBe('Basic a,b');
  });

  it('reject a maximum body size that exceeds the memory for bodies', () => {
    const mebibyte = 1024 * 1024;
    expect(read({ WEBHOOK_MAX_BYTES: String(16 * mebibyte) }).WEBHOOK_MAX_BYTES).toBe(16 * mebibyte);
    expect(() => read({ WEBHOOK_MAX_BYTES: String(16 * mebibyte + 1) })).toThrow('WEBHOOK_MAX_BYTES');
  });

  it('are rejected if they would allow no event to be accepted', () => {
    expect(() => read({ WEBHOOK_AUTHORIZATION: '' })).toThrow('WEBHOOK_AUTHORIZATION');
  });
});
