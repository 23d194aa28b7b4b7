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

  it('are rejected if they would allow no event to be accepted', () => {
    expect(() => read({ WEBHOOK_AUTHORIZATION: '' })).toThrow('WEBHOOK_AUTHORIZATION');
  });
});
