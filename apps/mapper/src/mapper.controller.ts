import { type ConsumedBatch, RethrowExceptionFilter } from '@app/kafka';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { batchSeconds } from './mapper.metrics';
import { mapBatch, type MapperPorts } from './mapper.stage';

export const MAPPER_PORTS = Symbol('MAPPER_PORTS');

@Controller()
@UseFilters(RethrowExceptionFilter)
export class MapperController {
  constructor(@Inject(MAPPER_PORTS) private readonly ports: MapperPorts) {}

  @EventPattern('revenuecat.events')
  async onEvents(@Payload() batch: ConsumedBatch): Promise<void> {
    const observe = batchSeconds.startTimer();
    try {
      await mapBatch(batch, this.ports);
      observe({ result: 'ok' });
    } catch (error) {
      observe({ result: 'error' });
      throw error;
    }
  }
}
