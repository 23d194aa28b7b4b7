import { type ConsumedBatch, PassErrorsOn } from '@app/kafka';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { dispatchBatch, type DispatchPorts } from './dispatch.stage';

/** Stands for the parking topics of all projects. */
export const parkedDeliveries = 'statsig.deliveries.parked';

export const DISPATCH_PORTS = Symbol('DISPATCH_PORTS');

@Controller()
@UseFilters(PassErrorsOn)
export class DispatcherController {
  constructor(@Inject(DISPATCH_PORTS) private readonly ports: DispatchPorts) {}

  @EventPattern('statsig.deliveries')
  onDeliveries(@Payload() batch: ConsumedBatch): Promise<void> {
    return dispatchBatch(batch, this.ports);
  }

  @EventPattern(parkedDeliveries)
  onParkedDeliveries(@Payload() batch: ConsumedBatch): Promise<void> {
    return dispatchBatch(batch, this.ports);
  }
}
