import { type IntegrationRegistry } from '@app/integrations';
import { Courier, type CourierPorts } from './courier';
import * as metrics from './dispatcher.metrics';
import { type OutgoingEvent } from './outgoing-event';

/** A courier for each project, so that none waits for another's Statsig. */
export class Couriers {
  private readonly byProject = new Map<string, Courier>();
  /** Events in hand, by the signal that takes their partition away. */
  private readonly inHand = new Map<AbortSignal, Set<OutgoingEvent>>();

  constructor(
    private readonly ports: Omit<CourierPorts, 'integration'>,
    private readonly integrations: Pick<IntegrationRegistry, 'get' | 'onChange'>,
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
    const inHand = this.inHand.get(signal) ?? this.watch(signal);
    let left = events.length;
    for (const event of events) {
      inHand.add(event);
      event.done = () => {
        inHand.delete(event);
        left -= 1;
        if (left === 0) allDone();
      };
    }
  }

  private watch(signal: AbortSignal): Set<OutgoingEvent> {
    const events = new Set<OutgoingEvent>();
    this.inHand.set(signal, events);
    signal.addEventListener('abort', () => {
      this.inHand.delete(signal);
      // All are marked before any courier moves: none may go while an earlier one of its customer is left behind.
      for (const { progress } of events) progress.withdrawn = true;
      for (const courier of this.byProject.values()) courier.leaveWithdrawn();
    });
    return events;
  }

  private courierOf(projectId: string): Courier {
    const existing = this.byProject.get(projectId);
    if (existing !== undefined) return existing;
    const courier = new Courier(projectId, {
      ...this.ports,
      integration: () => this.integrations.get(projectId),
    });
    this.byProject.set(projectId, courier);
    return courier;
  }
}
