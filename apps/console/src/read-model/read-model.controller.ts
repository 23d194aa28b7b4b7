import { type ConsumedBatch, RethrowExceptionFilter } from '@app/kafka';
import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ReadModel } from './read-model';

/** Consumes the shared topics; {@link DeliveriesTopics} finds the topics of projects. */
@Controller()
@UseFilters(RethrowExceptionFilter)
export class ReadModelController {
  constructor(private readonly model: ReadModel) {}

  @EventPattern([
    'revenuecat.events',
    'revenuecat.dead-letter',
    'statsig.receipts',
    'statsig.dead-letter',
    'console.audit',
  ])
  apply(@Payload() batch: ConsumedBatch): Promise<void> {
    return this.model.applyBatch(batch);
  }
}
