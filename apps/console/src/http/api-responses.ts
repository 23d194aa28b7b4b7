import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { jsonSchemaOf } from './json-schema';

/** The body of every answer but success. */
export const problem = z
  .object({
    statusCode: z.int(),
    message: z
      .union([z.string(), z.array(z.string())])
      .meta({ description: 'For a person: what is wrong, and what to do' }),
    error: z.string().optional().meta({ description: 'Name of the status' }),
  })
  .meta({ id: 'Problem' });

export type Problem = z.output<typeof problem>;

const failures = {
  400: 'The request is not understood; the message tells what is wrong with which field',
  401: 'Neither a session nor the token',
  403: 'Another site asks for a change; or there is no CONSOLE_TOKEN, and the host is not this machine',
  404: 'There is no such thing, or it is no longer kept',
  409: 'It cannot be done as things stand; the message tells why, and what to do',
  413: 'The body is larger than a sign-in needs',
  429: 'Too many attempts with what is not the token: wait a minute',
  503: 'Kafka takes no records, so nothing was changed: try again later',
} as const;

interface Success {
  status?: number;
  description: string;
  /** Absent: there is no body. */
  schema?: z.ZodType;
  /** Where it is no JSON; the schema is then that of one line or message. */
  mediaType?: string;
}

/** Documents what an endpoint answers, from the schemas that its types come from. Answers are not checked as they go out. */
export function ApiResponses(
  { status = 200, description, schema, mediaType }: Success,
  failing: readonly (keyof typeof failures)[] = [],
): MethodDecorator & ClassDecorator {
  const success =
    mediaType === undefined || schema === undefined
      ? { ...(schema !== undefined && { standardSchema: schema }) }
      : { content: { [mediaType]: { schema: jsonSchemaOf(schema, 'output').schema } } };
  return applyDecorators(ApiResponse({ status, description, ...success }), ...failing.map(failure));
}

/** Of a whole controller: those who are not signed in are refused. */
export function RequiresSignIn(): ClassDecorator & MethodDecorator {
  return applyDecorators(failure(401), failure(403), failure(429));
}

function failure(status: keyof typeof failures): MethodDecorator & ClassDecorator {
  return ApiResponse({ status, description: failures[status], standardSchema: problem });
}
