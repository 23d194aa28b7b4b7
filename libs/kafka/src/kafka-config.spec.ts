import { readConfig } from '@app/platform';
import { z } from 'zod';
import { topicConfig } from './kafka-config';

describe('TOPIC_MAX_MESSAGE_BYTES', () => {
  const read = (TOPIC_MAX_MESSAGE_BYTES: string) =>
    readConfig(z.object(topicConfig), { TOPIC_MAX_MESSAGE_BYTES });

  it('is at least the limit of the smallest service: with less, no delivery would fit', () => {
    expect(() => read('65536')).toThrow('TOPIC_MAX_MESSAGE_BYTES');
    expect(read('262144')).toMatchObject({ TOPIC_MAX_MESSAGE_BYTES: 262_144 });
  });
});
