import { setImmediate as nextTurn } from 'node:timers/promises';
import { emptyProfile, type Profile, userStateOf } from '@app/identity';
import { type Attribute, attributesOf, parseEnvelope } from '@app/revenuecat';
import { type CustomerMatch, type CustomerView, type Origin } from '../../api/customers';
import { unavailable, withinDeadline } from '../http/deadline';
import { nullIfUnavailable } from '../http/unavailable.filter';
import { type ReadModel } from '../read-model/read-model';
import { idsOf } from '../read-model/customer-ids';

/** Maximum number of events that are read to find where a profile came from. */
const maxEventsRead = 300;

export class Customers {
  constructor(
    private readonly model: ReadModel,
    private readonly readProfile: (project: string, id: string) => Promise<Profile>,
  ) {}

  /** Finds customers by the beginning of an id. One index lookup per distinct id, because an id can occur in many events. */
  search(text: string, limit: number): CustomerMatch[] {
    const found: CustomerMatch[] = [];
    let after: CustomerMatch = { id: text, project: '' };
    while (found.length < limit) {
      const next = this.model.db.get<CustomerMatch>(
        'SELECT id, project FROM mentions WHERE (id, project) > (?, ?) ORDER BY id, project LIMIT 1',
        after.id,
        after.project,
      );
      if (!next?.id.startsWith(text)) break;
      found.push(next);
      after = next;
    }
    return found;
  }

  /** Returns every id of the customer; without Redis, only the given id. */
  async findIds(project: string, id: string): Promise<string[]> {
    return [...new Set([id, ...((await this.readProfileIfAvailable(project, id)) ?? emptyProfile).aliases])];
  }

  /** Returns null if Redis does not respond. */
  private readProfileIfAvailable(project: string, id: string): Promise<Profile | null> {
    return nullIfUnavailable(withinDeadline('Redis', this.readProfile(project, id)));
  }

  async find(project: string, id: string): Promise<CustomerView | undefined> {
    const read = await this.readProfileIfAvailable(project, id);
    const profile = read ?? emptyProfile;
    const ids = [...new Set([id, ...profile.aliases])];
    const events = this.countEvents(project, ids);
    if (events === 0 && read === null) throw unavailable('Redis');
    if (events === 0 && profile.aliases.size === 0) return undefined;
    const origins = await this.findOrigins(project, ids, profile);
    return {
      project,
      id,
      originalAppUserId: profile.original?.value ?? null,
      aliases: ids.map((alias) => ({ id: alias, from: origins.aliases.get(alias) ?? null })),
      attributes: [...profile.attributes]
        .map(([name, attribute]) => ({
          name,
          ...attribute,
          from: origins.attributes.get(attributeKey(name, attribute)) ?? null,
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      state: stateOf(profile, Date.now()),
      events,
      isProfileKnown: read !== null,
    };
  }

  private countEvents(project: string, ids: readonly string[]): number {
    return (
      this.model.db.get<{ count: number }>(
        `SELECT count(DISTINCT event_seq) AS count FROM mentions
         WHERE project = ? AND id IN (SELECT value FROM json_each(?))`,
        project,
        JSON.stringify(ids),
      )?.count ?? 0
    );
  }

  /** Reads one event at a time and yields in between, so that other requests are served. */
  private async findOrigins(project: string, ids: readonly string[], profile: Profile) {
    const aliases = new Map<string, Origin | null>(ids.map((id) => [id, null]));
    const attributes = new Map<string, Origin | null>(
      [...profile.attributes].map(([name, attribute]) => [attributeKey(name, attribute), null]),
    );
    for (const { seq, at_ms } of this.listEvents(project, ids)) {
      await nextTurn();
      const body = this.model.db.get<{ value: Uint8Array }>('SELECT value FROM bodies WHERE seq = ?', seq);
      const parsed = parseEnvelope(body?.value ?? new Uint8Array());
      if (parsed.kind === 'unreadable') continue;
      const { event } = parsed.envelope;
      const origin = { eventId: event.id, type: event.type, receivedAtMs: at_ms };
      // Events are sorted newest first, so the oldest one that contains a value is written last.
      for (const alias of idsOf(event)) if (aliases.has(alias)) aliases.set(alias, origin);
      for (const [name, attribute] of attributesOf(event)) {
        const key = attributeKey(name, attribute);
        if (attributes.has(key)) attributes.set(key, origin);
      }
    }
    return { aliases, attributes };
  }

  private listEvents(project: string, ids: readonly string[]): { seq: number; at_ms: number }[] {
    return this.model.db.all(
      `SELECT seq, at_ms FROM events
       WHERE seq IN (SELECT event_seq FROM mentions WHERE project = ? AND id IN (SELECT value FROM json_each(?)))
       ORDER BY at_ms DESC LIMIT ?`,
      ...[project, JSON.stringify(ids), maxEventsRead],
    );
  }
}

function stateOf({ state, environment }: Profile, nowMs: number): CustomerView['state'] {
  if (state === undefined) return null;
  const isSandbox = environment?.value === 'SANDBOX';
  const { subscription, entitlements, experiments } = userStateOf(
    state,
    nowMs,
    isSandbox ? 'SANDBOX' : 'PRODUCTION',
  );
  return {
    subscription: subscription ?? null,
    entitlements: entitlements ?? [],
    experiments: experiments.map(([id, variant]) => ({ id, variant })),
  };
}

function attributeKey(name: string, { value, updatedAtMs }: Attribute): string {
  return JSON.stringify([name, value, updatedAtMs]);
}
