import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { jsonSchemaOf } from './json-schema';

/** The body of every error response. */
const errorBody = z
  .object({
    statusCode: z.int(),
    message: z
      .union([z.string(), z.array(z.string())])
      .meta({ description: 'What is wrong, and what to do' }),
    error: z.string().optional().meta({ description: 'Name of the status' }),
  })
  .meta({ id: 'Problem' });

export type ErrorBody = z.output<typeof errorBody>;

const failures = {
  400: 'The request is invalid; the message lists what is wrong with each field',
  401: 'The request has neither a session nor the token',
  403: 'The change was requested by another site, or the console does not respond to this host name',
  404: 'It does not exist, or is no longer stored',
  409: 'The request conflicts with the current state; the message explains why, and what to do',
  413: 'The body is larger than a sign-in needs',
  429: 'Too many attempts with a wrong token: wait a minute',
  503: 'Redis or Kafka is unavailable; the message says which, and what to do',
} as const;

interface Success {
  status?: number;
  description: string;
  /** Absent if the response has no body. */
  schema?: z.ZodType;
  /** Set if the response is not JSON; the schema then describes one line or message. */
  mediaType?: string;
}

/** Documents the responses of an endpoint, from the schemas that its types are derived from. Responses are not validated. */
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

/** Documents the responses to requests without a session or the token. */
export function RequiresSignIn(): ClassDecorator & MethodDecorator {
  return applyDecorators(failure(401), failure(403), failure(429));
}

function failure(status: keyof typeof failures): MethodDecorator & ClassDecorator {
  return ApiResponse({ status, description: failures[status], standardSchema: errorBody });
}
