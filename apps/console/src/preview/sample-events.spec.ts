import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sampleEvents } from './sample-events';

const fixtures = path.resolve(__dirname, '../../../../libs/testing/fixtures/webhooks');

it('has samples that are equal to the fixtures', () => {
  const expected = ['renewal-trial-conversion', 'test'].map(
    (name) => JSON.parse(readFileSync(path.join(fixtures, `${name}.json`), 'utf8')) as { event: unknown },
  );
  expect(sampleEvents.map(({ envelope }) => envelope.event.fields)).toEqual(
    expected.map(({ event }) => event),
  );
});
