import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, NotFoundException } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { LOGGER, type Logger } from './logging';
import { internalError, type Problem, problemOf, sendProblem } from './problem';
import { unroutedProblem } from './unrouted-request';

/** Responds to every error with a problem. An app may replace it with a subclass. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** The detail of a response to a URL that does not exist: what is wrong, and what to do. */
  protected readonly nothingHere: string =
    'There is nothing at this URL. Compare its path and port with the documentation.';

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const isUnrouted = reply.request.is404 && error instanceof NotFoundException;
    const problem = isUnrouted ? unroutedProblem(reply.request, reply, this.nothingHere) : problemOf(error);
    if (problem === undefined) this.logger.error({ err: error }, 'failed to handle a request');
    // The connection is closed, so that the response does not look complete.
    if (reply.raw.headersSent) reply.raw.destroy();
    else this.send(problem ?? internalError, reply);
  }

  protected send(problem: Problem, reply: FastifyReply): void {
    sendProblem(problem, reply);
  }
}
