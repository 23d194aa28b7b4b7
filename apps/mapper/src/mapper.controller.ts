import { type ConsumedBatch, RethrowExceptionFilter } from '@app/kafka';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { mapBatch, type MapperPorts } from './mapper.stage';

export const MAPPER_PORTS = Symbol('MAPPER_PORTS');

@Controller()
@UseFilters(RethrowExceptionFilter)
export class MapperController {
  constructor(@Inject(MAPPER_PORTS) private readonly ports: MapperPorts) {}

  @EventPattern('revenuecat.events')
  onEvents(@Payload() batch: ConsumedBatch): Promise<void> {
    return mapBatch(batch, this.ports);
  }
}
