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
import { failed, refusal, type Refusal } from './problem';
import { sendProblem, WEBHOOK_ENDPOINT, type WebhookEndpoint } from './webhook.controller';

/** Responds to requests that no route is meant for, and to those that could not be handled. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(WEBHOOK_ENDPOINT) private readonly endpoint: WebhookEndpoint) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (error instanceof NotFoundException) respond(wrongUrl(404), request, reply, this.endpoint);
    else if (!(error instanceof HttpException)) respond(failed(error), request, reply, this.endpoint);
    // Readiness that is not given.
    else void reply.status(error.getStatus()).send(error.getResponse());
  }
}

export function wrongUrl(status: 400 | 404): Refusal {
  return refusal('wrong_url', {
    status,
    title: 'Wrong URL',
    detail: `There is nothing at this URL. Webhooks are received by POST ${webhookPath('<project id>')}.`,
  });
}

/**
 * Reports what may have been a webhook, also one with a mistyped URL, like any other refusal. Neither the response nor the
 * report repeats the URL: it may hold anything.
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
