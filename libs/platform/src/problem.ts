import { STATUS_CODES } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';

const problemMediaType = 'application/problem+json';

/** Bounds the response to a request with any number of invalid parts. */
const maxErrors = 100;

/** The body of an error response: a problem (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.literal('about:blank').meta({ description: 'Clients distinguish problems by the status' }),
    title: z.string().meta({ description: 'Name of the status' }),
    status: z.int().meta({ description: 'HTTP status' }),
    detail: z.string().meta({ description: 'What is wrong, and what to do' }),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description: 'JSON pointer (RFC 6901) to a part of the body or the query; empty for all of it',
          }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: `The invalid parts of the request, at most ${maxErrors}` }),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457)' });

export type Problem = z.output<typeof problemSchema>;

/** With the type `about:blank`, the title is the name of the status (RFC 9457, section 4.2.1). */
export function createProblem({
  status,
  detail,
  errors,
}: Pick<Problem, 'status' | 'detail' | 'errors'>): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...(errors !== undefined && { errors }) };
}

/** An issue of a zod schema, or of any other Standard Schema. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The request does not match its schema. */
export class InvalidRequestException extends HttpException {
  readonly errors: NonNullable<Problem['errors']>;

  constructor(issues: readonly Issue[]) {
    super('The request is invalid. Fix each of its errors.', HttpStatus.BAD_REQUEST);
    this.errors = issues
      .slice(0, maxErrors)
      .map(({ message, path }) => ({ pointer: pointerTo(path), detail: message }));
  }
}

function pointerTo(path: Issue['path'] = []): string {
  return path
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/**
 * The problem to respond with, for an exception of Nest or an error of Fastify. Undefined for any other error, whose message
 * must not be disclosed.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof InvalidRequestException) {
    return createProblem({ status: error.getStatus(), detail: error.message, errors: error.errors });
  }
  if (error instanceof HttpException) {
    return createProblem({ status: error.getStatus(), detail: error.message });
  }
  return isRejection(error) ? createProblem({ status: error.statusCode, detail: error.message }) : undefined;
}

/** Whether Fastify rejected the request. */
function isRejection(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    'code' in error &&
    String(error.code).startsWith('FST_') &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  );
}

export const internalError = createProblem({
  status: 500,
  detail: 'The request failed because of an unexpected error. The log of the app has the cause.',
});

export function sendProblem(problem: Problem, reply: FastifyReply): void {
  void reply.status(problem.status).type(problemMediaType).send(problem);
}

/** An HTTP response with a problem, for a connection on which the request cannot be parsed. */
export function rawProblemResponse(problem: Problem): string {
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Content-Type: ${problemMediaType}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
