import { setTimeout as delay } from 'node:timers/promises';
import { type AppFleet } from './app-fleet';
import { eventId, webhook } from './traffic';

/** The Authorization value of a project's webhooks. */
export const authorizationOf = (projectId: string): string => `Bearer chaos of ${projectId}`;

export interface WebhookLoad {
  projectId: string;
  /** Posts the events `first` to `first + events` of the project's customers, and more of them until `during` has settled. */
  first: number;
  events: number;
  during?: Promise<unknown>;
  perSecond: number;
  customers: number;
  /** Prefix of the event ids. */
  prefix: string;
  /** Fields of each customer's events, which are renewals otherwise. */
  fieldsOf?: (customer: number, turn: number) => object;
}

const senderCount = 64;
const retryIntervalMs = 250;
const responseTimeoutMs = 15_000;
/** Longer than any fault lasts. */
const acceptTimeoutMs = 180_000;

/** Posts webhooks like RevenueCat: repeats each one until it gets 200, and only then posts the customer's next event. */
export class WebhookSender {
  /** Ids of the events that got 200. */
  readonly accepted = new Set<string>();
  /** Attempts without a response or with a status other than 200. */
  failures = 0;
  private attempts = 0;

  constructor(
    private readonly ingests: AppFleet,
    private readonly expected: Set<string>,
  ) {}

  /** Rejects if an event is not accepted within minutes. */
  async post(load: WebhookLoad): Promise<void> {
    const { customers, during, events } = load;
    let isExtended = during !== undefined;
    const endExtension = (): void => {
      isExtended = false;
    };
    void during?.then(endExtension, endExtension);
    const startMs = performance.now();
    const senders = Math.min(senderCount, customers);
    // Each sender posts the events of its own customers sequentially.
    const send = async (sender: number): Promise<void> => {
      for (let turn = Math.floor(load.first / customers); ; turn++) {
        for (let customer = sender; customer < customers; customer += senders) {
          const n = turn * customers + customer - load.first;
          if (n < 0) continue;
          if (n >= events && !isExtended) return;
          const aheadMs = (n / load.perSecond) * 1_000 - (performance.now() - startMs);
          if (aheadMs > 0) await delay(aheadMs);
          await this.postOne(load, customer, turn);
        }
      }
    };
    await Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
  }

  private async postOne(
    { prefix, projectId, fieldsOf }: WebhookLoad,
    customer: number,
    turn: number,
  ): Promise<void> {
    const id = eventId(prefix, customer, turn);
    const body = webhook(id, `${prefix}user-${String(customer)}`, fieldsOf?.(customer, turn));
    const deadlineMs = performance.now() + acceptTimeoutMs;
    while (!(await this.isAccepted(projectId, body))) {
      this.failures += 1;
      if (performance.now() > deadlineMs) throw new Error(`the webhook of ${id} was never accepted`);
      await delay(retryIntervalMs);
    }
    this.accepted.add(id);
    this.expected.add(id);
  }

  private async isAccepted(projectId: string, body: string): Promise<boolean> {
    const { all } = this.ingests;
    const url = all[(this.attempts += 1) % all.length]?.url ?? '';
    try {
      const response = await fetch(`${url}/v1/projects/${projectId}/webhooks/revenuecat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: authorizationOf(projectId) },
        body,
        signal: AbortSignal.timeout(responseTimeoutMs),
      });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }
}
