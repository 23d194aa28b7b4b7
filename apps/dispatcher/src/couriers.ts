import { type IntegrationRegistry } from '@app/integrations';
import { Courier, type CourierPorts } from './courier';
import * as metrics from './dispatcher.metrics';
import { type OutgoingEvent } from './outgoing-event';
import { PartitionInHand } from './partition-in-hand';

/** What has been parked is in nobody’s way. */
const outOfTheWay = { records: Infinity, bytes: Infinity };

/** A courier for each project, so that none waits for another's Statsig. */
export class Couriers {
  private readonly byProject = new Map<string, Courier>();
  /** By the signal that takes the partition away. */
  private readonly inHand = new Map<AbortSignal, PartitionInHand<OutgoingEvent>>();

  constructor(
    private readonly ports: Omit<CourierPorts, 'integration' | 'isCrowding'>,
    private readonly integrations: Pick<IntegrationRegistry, 'get' | 'onChange'>,
    private readonly allowance: { records: number; bytes: number },
  ) {
    integrations.onChange(() => {
      for (const courier of this.byProject.values()) courier.integrationChanged();
    });
  }

  /** Resolves when each event is settled, or left because the signal was aborted. */
  deliver(events: readonly OutgoingEvent[], signal: AbortSignal): Promise<void> {
    if (events.length === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.takeInHand(events, signal, resolve);
      for (const [projectId, members] of Map.groupBy(events, (event) => event.projectId)) {
        this.courierOf(projectId).accept(members);
      }
    });
  }

  reportMetrics(): void {
    for (const [project, courier] of this.byProject) {
      const { inFlight, limit, waiting, isHealthy, problem } = courier.state;
      metrics.inFlight.set({ project }, inFlight);
      metrics.requestLimit.set({ project }, limit);
      metrics.waiting.set({ project }, waiting);
      metrics.healthy.set({ project }, isHealthy && problem === undefined ? 1 : 0);
    }
  }

  private takeInHand(events: readonly OutgoingEvent[], signal: AbortSignal, allDone: () => void): void {
    const partition = this.inHand.get(signal) ?? this.watch(signal, events);
    let left = events.length;
    for (const event of events) {
      partition.add(event);
      event.partition = partition;
      event.done = () => {
        partition.remove(event);
        left -= 1;
        if (left === 0) allDone();
      };
    }
  }

  private watch(signal: AbortSignal, [first]: readonly OutgoingEvent[]): PartitionInHand<OutgoingEvent> {
    const partition = new PartitionInHand<OutgoingEvent>(
      first?.isParked === true ? outOfTheWay : this.allowance,
    );
    this.inHand.set(signal, partition);
    signal.addEventListener('abort', () => {
      this.inHand.delete(signal);
      // All are marked before any courier moves: none may go while an earlier one of its customer is left behind.
      for (const { progress } of partition.events) progress.withdrawn = true;
      for (const courier of this.byProject.values()) courier.leaveWithdrawn();
    });
    return partition;
  }

  private courierOf(projectId: string): Courier {
    const existing = this.byProject.get(projectId);
    if (existing !== undefined) return existing;
    const courier = new Courier(projectId, {
      ...this.ports,
      integration: () => this.integrations.get(projectId),
      isCrowding: () => this.inHand.values().some((partition) => partition.isCrowdedBy(projectId)),
    });
    this.byProject.set(projectId, courier);
    return courier;
  }
}
