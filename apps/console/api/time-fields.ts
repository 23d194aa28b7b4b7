import { z } from 'zod';

export const epochMs = z.int().meta({
  id: 'EpochMs',
  description: 'A point in time, in milliseconds since 1970-01-01T00:00:00Z',
});

export const milliseconds = z.int().meta({ id: 'Milliseconds', description: 'A duration in milliseconds' });
