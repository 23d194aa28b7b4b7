import { webhookPath } from '@app/integrations';
import { LOGGER, type Logger, type Problem, ProblemFilter, problemOf } from '@app/platform';
import { type ArgumentsHost, Catch, Inject, NotFoundException } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { internalError, rejection, type Rejection } from './rejection';
import { sendRejection, WEBHOOK_ENDPOINT, type WebhookEndpoint } from './webhook.controller';

const wrongUrlDetail = `There is nothing at this URL. Send webhooks to POST ${webhookPath('<project id>')}.`;

/** Reports requests without a route and requests that failed, before it responds to them. */
@Catch()
export class RejectionFilter extends ProblemFilter {
  protected override readonly nothingHere = wrongUrlDetail;

  constructor(
    @Inject(LOGGER) logger: Logger,
    @Inject(WEBHOOK_ENDPOINT) private readonly endpoint: WebhookEndpoint,
  ) {
    super(logger);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // Requests of other methods are not webhooks.
    if (error instanceof NotFoundException && request.method === 'POST')
      respond(wrongUrl(404), request, reply, this.endpoint);
    // The report does not contain the message of the error, which may quote the request.
    else if (problemOf(error) === undefined) respond(internalError(error), request, reply, this.endpoint);
    else super.catch(error, host);
  }

  protected override send(problem: Problem, reply: FastifyReply): void {
    sendRejection({ problem }, reply);
  }
}

export function wrongUrl(status: 400 | 404): Rejection {
  return rejection('wrong_url', {
    status,
    detail: wrongUrlDetail,
  });
}

/**
 * Reports a request that may have been a webhook, for example with a mistyped URL, like any other rejection. Neither the
 * response nor the report repeats the URL, which may contain anything.
 */
export function respond(
  rejected: Rejection,
  { method }: FastifyRequest,
  reply: FastifyReply,
  { reporter }: Pick<WebhookEndpoint, 'reporter'>,
): void {
  if (method === 'POST') reporter.report({ ...rejected, projectId: undefined }, reply.elapsedTime / 1_000);
  sendRejection(rejected, reply);
}
