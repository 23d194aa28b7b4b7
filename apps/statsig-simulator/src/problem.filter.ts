import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { LOGGER, type Logger } from '@app/platform';
import { type FastifyReply } from 'fastify';
import { RejectedRequestError } from './incoming/rejected-request-error';

/** Responds to errors in Statsig's format, `{"success":false,"message"}`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.raw.headersSent) return;
    const { status, message } = this.#problem(error);
    void reply.status(status).send({ success: false, message });
  }

  #problem(error: unknown): { status: number; message: string } {
    if (error instanceof RejectedRequestError) return { status: error.status, message: error.message };
    if (error instanceof HttpException) return { status: error.getStatus(), message: error.message };
    if (isFastifyError(error)) return { status: error.statusCode, message: error.message };
    this.logger.error({ err: error }, 'failed to handle a request');
    return { status: 500, message: 'Internal error of the simulator; its log has the details.' };
  }
}

function isFastifyError(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  );
}
