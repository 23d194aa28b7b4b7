import { readConfig } from '@app/platform';
import { ingestConfig } from './ingest.config';

const read = (env: Record<string, string>) =>
  readConfig(ingestConfig, { WEBHOOK_AUTHORIZATION: 'Bearer x', ...env });

describe('the settings of ingest', () => {
  it.each(['my shop', 'shop/1', 'x'.repeat(65), 'café'])('refuse the project id %j', (PROJECT_ID) => {
    expect(() => read({ PROJECT_ID })).toThrow('PROJECT_ID');
  });

  it('take an Authorization value as it is, with commas', () => {
    expect(read({ WEBHOOK_AUTHORIZATION: 'Basic a,b' }).WEBHOOK_AUTHORIZATION).toBe('Basic a,b');
  });

  it('are refused if no event could be accepted with them', () => {
    expect(() => read({ WEBHOOK_AUTHORIZATION: '' })).toThrow('WEBHOOK_AUTHORIZATION');
  });
});
