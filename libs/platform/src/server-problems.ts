import { type Socket } from 'node:net';
import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { createProblem, internalError, problemOf, rawProblemResponse, sendProblem } from './problem';

/** Responds to a request whose URL Fastify cannot route. */
export function frameworkErrors(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(problemOf(error) ?? internalError, reply);
}

const clientErrors: Record<string, Parameters<typeof createProblem>[0]> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request was not complete in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers of the request are too large.' },
};

interface ParserError extends NodeJS.ErrnoException {
  /** A constant text of the parser, such as `Invalid method encountered`, which contains nothing of the request. */
  reason?: string;
}

function malformed({ reason }: ParserError): string {
  const cause = reason === undefined || reason === '' ? '' : `: ${reason}`;
  return `The request is not valid HTTP/1.1${cause}. Correct its request line and headers.`;
}

/** Responds to a request that Node.js cannot parse, and closes its connection. */
export function clientErrorHandler(error: ParserError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = clientErrors[error.code ?? ''] ?? { status: 400, detail: malformed(error) };
  if (socket.writable) socket.write(rawProblemResponse(createProblem(problem)));
  socket.destroy(error);
}
