import { randomUUID } from 'node:crypto';
import { RedisLedger } from '@app/delivery';
import { CustomerLookup, ProfileStore, RevenueCatApi } from '@app/identity';
import { integrationSchema } from '@app/integrations';
import { type RedisClient } from '@app/platform';
import { parseRecord, type ParsedRecord } from '../../apps/mapper/src/parsed-record';
import { type ProfilePorts, resolveProfiles } from '../../apps/mapper/src/resolve-profiles';
import { silentLogger } from '../bench-stack';
import { renewal, renewalId } from '../renewals';

const projectId = 'default';
const day = 86_400_000;
const customersAtOnce = 500;
const idsAtOnce = 1_000;
/** Batches in flight, so that Redis works while this process prepares the next one. */
const concurrency = 4;

/** The customers and event ids that Redis knows, written by the code of the mapper and the dispatcher. */
export class KnownCustomers {
  private readonly ports: ProfilePorts;
  private readonly ledger: RedisLedger;
  private readonly api = new RevenueCatApi('http://127.0.0.1:1');
  private readonly integration = integrationSchema.parse({ projectId, serverSecret: 'secret' });

  constructor(redis: RedisClient) {
    this.ports = {
      profiles: new ProfileStore(redis, { ttlMs: 400 * day }),
      lookup: new CustomerLookup(redis, this.api, { timeoutMs: 1, absentMs: 1 }, silentLogger),
    };
    this.ledger = new RedisLedger(redis, randomUUID(), {
      leaseMs: 60_000,
      windowMs: 40 * day,
      onAmbiguous: 'retry',
    });
  }

  close(): Promise<void> {
    return this.api.close();
  }

  /** Adds the customers `from` to `to`, each with one delivered event. */
  async add(from: number, to: number): Promise<void> {
    await inBatches(from, to, customersAtOnce, async (customers) => {
      await resolveProfiles(this.parsed(customers, 0), this.ports);
    });
    await inBatches(from, to, idsAtOnce, async (customers) => {
      const entries = customers.map((customer) => ({ projectId, eventId: renewalId(customer, 0) }));
      await this.ledger.claim(entries);
      await this.ledger.markDelivered(entries);
    });
  }

  /** Times of the mapper's profile step, in milliseconds, for one batch of these customers after another. */
  async timeProfileStep(batches: readonly (readonly number[])[], round: number): Promise<number[]> {
    const times: number[] = [];
    for (const customers of batches) {
      const parsed = this.parsed(customers, round);
      const startMs = performance.now();
      await resolveProfiles(parsed, this.ports);
      times.push(performance.now() - startMs);
    }
    return times;
  }

  private parsed(customers: readonly number[], round: number): ParsedRecord[] {
    const context = {
      integrationOf: () => ({ kind: 'ready', integration: this.integration }) as const,
      defaultProjectId: projectId,
      nowMs: Date.now(),
    };
    return customers.map((customer, i) => parseRecord(renewal(customer, round, i), context));
  }
}

async function inBatches(
  from: number,
  to: number,
  size: number,
  work: (numbers: readonly number[]) => Promise<void>,
): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) {
      const at = next;
      next = Math.min(to, at + size);
      await work(Array.from({ length: next - at }, (_, i) => at + i));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
