import { type ConsumedBatch, PassErrorsOn } from '@app/kafka';
import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ReadModel } from './read-model';

@Controller()
@UseFilters(PassErrorsOn)
export class ReadModelController {
  constructor(private readonly model: ReadModel) {}

  @EventPattern([
    'revenuecat.events',
    'statsig.deliveries',
    'statsig.receipts',
    'revenuecat.events.dead-letter',
    'statsig.deliveries.dead-letter',
    'console.audit',
  ])
  take(@Payload() batch: ConsumedBatch): void {
    this.model.take(batch.topic, batch.partition, batch.records);
    batch.records.forEach(batch.settle);
  }
}
