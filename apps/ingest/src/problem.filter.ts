import { webhookPath } from '@app/integrations';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  NotFoundException,
} from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { internalError, refusal, type Refusal } from './problem';
import { sendProblem, WEBHOOK_ENDPOINT, type WebhookEndpoint } from './webhook.controller';

/** Responds to requests without a route and to requests that failed. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(WEBHOOK_ENDPOINT) private readonly endpoint: WebhookEndpoint) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (error instanceof NotFoundException) respond(wrongUrl(404), request, reply, this.endpoint);
    else if (!(error instanceof HttpException)) respond(internalError(error), request, reply, this.endpoint);
    // A failed readiness check.
    else void reply.status(error.getStatus()).send(error.getResponse());
  }
}

export function wrongUrl(status: 400 | 404): Refusal {
  return refusal('wrong_url', {
    status,
    title: 'Wrong URL',
    detail: `There is nothing at this URL. Send webhooks to POST ${webhookPath('<project id>')}.`,
  });
}

/**
 * Reports a request that may have been a webhook, for example with a mistyped URL, like any other refusal. Neither the
 * response nor the report repeats the URL, which may contain anything.
 */
export function respond(
  refused: Refusal,
  { method }: FastifyRequest,
  reply: FastifyReply,
  { reporter }: Pick<WebhookEndpoint, 'reporter'>,
): void {
  if (method === 'POST') reporter.report({ ...refused, projectId: undefined }, reply.elapsedTime / 1_000);
  sendProblem(refused.problem, reply);
}
