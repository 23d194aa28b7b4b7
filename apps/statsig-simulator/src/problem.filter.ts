import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { LOGGER, type Logger } from '@app/platform';
import { type FastifyReply } from 'fastify';
import { Refusal } from './incoming/refusal';

/** Every refusal is `{"success":false,"message"}`, in Statsig's own form. */
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
    if (error instanceof Refusal) return { status: error.status, message: error.message };
    if (error instanceof HttpException) return { status: error.getStatus(), message: error.message };
    if (isFastifyError(error)) return { status: error.statusCode, message: error.message };
    this.logger.error({ err: error }, 'a request failed inside the simulator');
    return { status: 500, message: 'The simulator failed; its log says why.' };
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
