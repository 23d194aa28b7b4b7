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

/** Responds to a request that Node.js cannot parse, and closes its connection. */
export function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = clientErrors[error.code ?? ''] ?? { status: 400, detail: 'The request is not HTTP.' };
  if (socket.writable) socket.write(rawProblemResponse(createProblem(problem)));
  socket.destroy(error);
}
