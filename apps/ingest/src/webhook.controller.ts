import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { ingest, type IngestPorts } from './ingest.stage';
import { type RawBody } from './raw-body';

export const INGEST_PORTS = Symbol('INGEST_PORTS');
export const WEBHOOK_DOOR = Symbol('WEBHOOK_DOOR');

export interface WebhookDoor {
  defaultProjectId: string;
  signatureHeader: string;
}

/** Where the content type as sent is kept, while the body is taken as bytes whatever it says. */
export const givenContentType = 'x-given-content-type';

const projectIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** RevenueCat counts 200, and nothing else, as delivered (https://www.revenuecat.com/docs/integrations/webhooks). */
@Controller('v1')
export class WebhookController {
  constructor(
    @Inject(INGEST_PORTS) private readonly ports: IngestPorts,
    @Inject(WEBHOOK_DOOR) private readonly door: WebhookDoor,
  ) {}

  @Post('webhooks/revenuecat')
  receive(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answer(this.door.defaultProjectId, request, reply);
  }

  @Post('projects/:projectId/webhooks/revenuecat')
  async receiveForProject(
    @Param('projectId') projectId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (projectIdPattern.test(projectId)) await this.answer(projectId, request, reply);
    else {
      void reply.status(404).type('application/problem+json').send({
        title: 'No such project',
        status: 404,
        detail: 'A project id has 1 to 64 letters, digits, "_" or "-".',
      });
    }
  }

  private async answer(projectId: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const header = (name: string): string | undefined => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    const result = await ingest(
      {
        projectId,
        contentType: header(givenContentType),
        authorization: header('authorization'),
        signature: header(this.door.signatureHeader),
        traceparent: header('traceparent'),
        body: request.body as RawBody,
        receivedAtMs: Date.now(),
      },
      this.ports,
    );
    if (result.kind === 'accepted') {
      void reply.status(200).send({ accepted: true, eventId: result.eventId });
      return;
    }
    const { retryAfter, ...problem } = result.problem;
    if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
    void reply
      .status(problem.status)
      .type('application/problem+json')
      .send({ type: 'about:blank', ...problem });
  }
}
