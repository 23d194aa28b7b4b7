import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { type z } from 'zod';
import { jsonSchemaOf, problemSchemas } from './json-schema';

const failures = {
  400: 'The request is invalid; `errors` lists its invalid parts',
  401: 'The request has neither a session nor the token',
  403: 'The change was requested by another site, or the console does not respond to this host name',
  404: 'It does not exist, or is no longer stored',
  409: 'The request conflicts with the current state; `detail` explains why, and what to do',
  413: 'The body is larger than a sign-in needs',
  429: 'Too many attempts with a wrong token: wait a minute',
  503: 'Redis or Kafka is unavailable; `detail` says which, and what to do',
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
  return ApiResponse({
    status,
    description: failures[status],
    content: { 'application/problem+json': { schema: problemSchemas.schema } },
  });
}
