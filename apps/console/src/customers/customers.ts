import { nobody, type Profile } from '@app/identity';
import { attributesOf, parseEnvelope } from '@app/revenuecat';
import { unavailable, withinDeadline } from '../http/deadline';
import { nullIfUnavailable } from '../http/unavailable.filter';
import { type ReadModel } from '../read-model/read-model';
import { idsOf } from '../read-model/customer-ids';
import { type CustomerMatch, type CustomerView, type Origin } from './customer-view';

/** Events that are read to tell where a profile came from. */
const eventsRead = 300;

export class Customers {
  constructor(
    private readonly model: ReadModel,
    private readonly readProfile: (project: string, id: string) => Promise<Profile>,
  ) {}

  /** Customers of whom an id begins so. Distinct ids are found by leaping from one to the next in the index. */
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

  /** Every id by which the customer is known; without Redis, this id alone. */
  async idsOf(project: string, id: string): Promise<string[]> {
    return [...new Set([id, ...((await this.profileOf(project, id)) ?? nobody).aliases])];
  }

  /** Null if Redis does not respond. */
  private profileOf(project: string, id: string): Promise<Profile | null> {
    return nullIfUnavailable(withinDeadline('Redis', this.readProfile(project, id)));
  }

  async find(project: string, id: string): Promise<CustomerView | undefined> {
    const read = await this.profileOf(project, id);
    const profile = read ?? nobody;
    const ids = [...new Set([id, ...profile.aliases])];
    const events = this.countOf(project, ids);
    if (events === 0 && read === null) throw unavailable('Redis');
    if (events === 0 && profile.aliases.size === 0) return undefined;
    const origins = this.originsOf(project, ids);
    return {
      project,
      id,
      originalAppUserId: profile.original?.value ?? null,
      aliases: ids.map((alias) => ({ id: alias, from: origins.aliases.get(alias) ?? null })),
      attributes: [...profile.attributes]
        .map(([name, { value, updatedAtMs }]) => ({
          name,
          value,
          updatedAtMs,
          from: origins.attributes.get(attributeKey(name, value, updatedAtMs)) ?? null,
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      events,
      isProfileKnown: read !== null,
    };
  }

  private countOf(project: string, ids: readonly string[]): number {
    return (
      this.model.db.get<{ count: number }>(
        `SELECT count(DISTINCT event_seq) AS count FROM mentions
         WHERE project = ? AND id IN (SELECT value FROM json_each(?))`,
        project,
        JSON.stringify(ids),
      )?.count ?? 0
    );
  }

  private originsOf(project: string, ids: readonly string[]) {
    const aliases = new Map<string, Origin>();
    const attributes = new Map<string, Origin>();
    for (const { value, at_ms } of this.bodiesOf(project, ids)) {
      const parsed = parseEnvelope(value);
      if (parsed.kind === 'unreadable') continue;
      const { event } = parsed.envelope;
      const origin = { eventId: event.id, type: event.type, receivedAtMs: at_ms };
      // Newest first, so that the first event to say a thing is the last to be written.
      for (const alias of idsOf(event)) aliases.set(alias, origin);
      for (const [name, attribute] of attributesOf(event)) {
        attributes.set(attributeKey(name, attribute.value, attribute.updatedAtMs), origin);
      }
    }
    return { aliases, attributes };
  }

  private bodiesOf(project: string, ids: readonly string[]): { value: Uint8Array; at_ms: number }[] {
    return this.model.db.all(
      `SELECT b.value, e.at_ms FROM events e JOIN bodies b ON b.seq = e.seq
       WHERE e.seq IN (SELECT event_seq FROM mentions WHERE project = ? AND id IN (SELECT value FROM json_each(?)))
       ORDER BY e.at_ms DESC LIMIT ?`,
      ...[project, JSON.stringify(ids), eventsRead],
    );
  }
}

function attributeKey(name: string, value: string, updatedAtMs: number): string {
  return JSON.stringify([name, value, updatedAtMs]);
}
