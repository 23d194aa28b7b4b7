import { InvalidRequestException } from '@app/platform';
import { BadRequestException } from '@nestjs/common';
import { z } from 'zod';

export const eventsQuery = z.strictObject({
  id: z.string().optional(),
  userId: z.string().optional(),
  since: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
  /** Omits bodies and headers, for long lists. */
  summary: z.stringbool().default(false),
});

export const settingsChange = z.strictObject({
  includeSandbox: z.boolean().optional(),
  keys: z.array(z.string().min(1)).optional(),
});

/** Throws an {@link InvalidRequestException} with every problem, or a {@link BadRequestException} if the body is not JSON. */
export function readBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  return read(schema, parseJson(body));
}

export function readQuery<S extends z.ZodType>(schema: S, query: unknown): z.output<S> {
  return read(schema, { ...(query as object) });
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidRequestException(result.error.issues);
}

function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString() : '');
  } catch (error) {
    throw new BadRequestException(`The body is not JSON: ${(error as Error).message}.`);
  }
}
