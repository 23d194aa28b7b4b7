import { webhookPath } from '@app/integrations';
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, NotFoundException } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { refusal } from './problem';
import { sendProblem, WEBHOOK_ENDPOINT, type WebhookEndpoint } from './webhook.controller';

/**
 * Responds to requests that no route is meant for. Those that may be webhooks, set up with a mistyped URL, are reported
 * like any other refusal. Neither the response nor the report repeats the URL: it may hold anything.
 */
@Catch(NotFoundException)
export class WrongUrlFilter implements ExceptionFilter {
  constructor(@Inject(WEBHOOK_ENDPOINT) private readonly endpoint: WebhookEndpoint) {}

  catch(_error: NotFoundException, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const result = refusal('wrong_url', {
      status: 404,
      title: 'Wrong URL',
      detail: `There is nothing at this URL. Webhooks are received by POST ${webhookPath('<project id>')}.`,
    });
    if (request.method === 'POST')
      this.endpoint.reporter.report({ ...result, projectId: undefined }, reply.elapsedTime / 1_000);
    sendProblem(result.problem, reply);
  }
}
