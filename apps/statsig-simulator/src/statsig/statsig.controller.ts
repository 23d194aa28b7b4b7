import { Controller, type OnModuleDestroy, Post, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Socket } from 'node:net';
import { type Outcome } from './outcomes';
import { type Endpoint } from './endpoints';
import { Exchange } from './exchange';
import { sendPartially } from './partial-response';
import { Traffic } from './traffic';

@Controller('v1')
export class StatsigController implements OnModuleDestroy {
  /** Connections with a response that never ends. */
  readonly #hanging = new Set<Socket>();

  constructor(
    private readonly exchange: Exchange,
    private readonly traffic: Traffic,
  ) {}

  @Post('webhooks/revenuecat')
  revenueCat(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#respond('revenuecat', request, reply);
  }

  @Post('log_event')
  logEvent(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#respond('log_event', request, reply);
  }

  @Post('webhooks/event_webhook')
  eventWebhook(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#respond('event_webhook', request, reply);
  }

  /** Closes hanging connections, which would delay shutdown. */
  onModuleDestroy(): void {
    for (const socket of this.#hanging) socket.destroy();
  }

  async #respond(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { headers, body } = request;
    this.#end(await this.exchange.handle({ endpoint, headers, body }), request.raw.socket, reply);
  }

  #end(outcome: Outcome, socket: Socket, reply: FastifyReply): void {
    switch (outcome.kind) {
      case 'response':
        void reply.status(outcome.status).headers(outcome.headers).send(outcome.body);
        return;
      case 'partial':
        reply.hijack();
        this.traffic.countOutcome(outcome.status);
        this.#hang(socket);
        sendPartially(reply.raw, outcome);
        return;
      case 'hang':
        reply.hijack();
        this.traffic.countOutcome('hang');
        this.#hang(socket);
        return;
      case 'cut':
        reply.hijack();
        this.traffic.countOutcome('accept-then-reset');
        socket.resetAndDestroy();
        return;
    }
  }

  #hang(socket: Socket): void {
    this.#hanging.add(socket);
    socket.once('close', () => this.#hanging.delete(socket));
  }
}
