import { headerNames } from '@app/kafka';
import { sendProblem } from '@app/platform';
import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { ingest, type IngestPorts, type IngestResult, type WebhookRequest } from './ingest.stage';
import { type OutcomeReporter } from './outcome-reporter';
import { type Rejection } from './rejection';
import { type BodyBudget, RequestBody } from './request-body';
import { WebhookTrace } from './webhook-trace';

export const WEBHOOK_ENDPOINT = Symbol('WEBHOOK_ENDPOINT');

export interface WebhookEndpoint {
  ports: IngestPorts;
  reporter: Pick<OutcomeReporter, 'report' | 'reportConnection'>;
  /** Header names in lower case; the first one present counts. */
  signatureHeaders: readonly string[];
  /** Budgets for senders whose Authorization value was checked, and for those authenticated by signature only. */
  budgets: { authorized: BodyBudget; unauthorized: BodyBudget };
}

/** Header that preserves the sender's content type, because Fastify sees a replacement. */
export const originalContentType = 'x-original-content-type';

/** RevenueCat treats only 200 as delivered (https://www.revenuecat.com/docs/integrations/webhooks). */
@Controller('v1')
export class WebhookController {
  constructor(@Inject(WEBHOOK_ENDPOINT) private readonly endpoint: WebhookEndpoint) {}

  @Post('webhooks/revenuecat')
  receive(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.respond(undefined, request, reply);
  }

  @Post('projects/:projectId/webhooks/revenuecat')
  receiveForProject(
    @Param('projectId') projectId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.respond(projectId, request, reply);
  }

  private async respond(
    projectId: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { ports, reporter } = this.endpoint;
    const body = new RequestBody(request.raw);
    const receivedAtMs = Date.now();
    const trace = new WebhookTrace(request, receivedAtMs);
    const webhook = this.toWebhook(projectId, request, body, trace, receivedAtMs);
    const result = await ingest(webhook, ports);
    body.release();
    reporter.report(result, reply.elapsedTime / 1_000, trace.headers);
    send(result, reply);
    trace.end(result);
  }

  private toWebhook(
    projectId: string | undefined,
    { headers, query }: FastifyRequest,
    body: RequestBody,
    trace: WebhookTrace,
    receivedAtMs: number,
  ): WebhookRequest {
    const { signatureHeaders, budgets } = this.endpoint;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    return {
      projectId,
      queriedProject: queriedProject(query),
      headerProject: header(headerNames.projectId),
      contentType: header(originalContentType),
      contentEncoding: header('content-encoding'),
      authorization: header('authorization'),
      signature: signatureHeaders.map(header).find((value) => value !== undefined),
      continueTrace: () => trace.continue(),
      receiveBody: (maxBytes, isAuthorized) =>
        body.receive(maxBytes, isAuthorized ? budgets.authorized : budgets.unauthorized),
      receivedAtMs,
    };
  }
}

function queriedProject(query: unknown): string | undefined {
  const { project, projectId, project_id } = query as Record<string, string | string[] | undefined>;
  return [project ?? projectId ?? project_id].flat()[0];
}

function send(result: IngestResult, reply: FastifyReply): void {
  if (result.kind === 'accepted') {
    void reply.status(200).send({ accepted: true, eventId: result.eventId });
    return;
  }
  sendRejection(result, reply);
}

/**
 * Closes the connection after a rejection: keeping it open would cost its sender only one request a minute. A connection that
 * still receives a body stays open for a while, because closing it could lose the response.
 */
export function sendRejection(
  { problem, retryAfter }: Pick<Rejection, 'problem' | 'retryAfter'>,
  reply: FastifyReply,
): void {
  if (reply.request.raw.complete) void reply.header('connection', 'close');
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  sendProblem(problem, reply);
}
