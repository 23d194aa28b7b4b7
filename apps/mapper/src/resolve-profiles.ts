import {
  applyTransfers,
  type CustomerLookup,
  type LookupResult,
  type Observation,
  observe,
  type Profile,
  type ProfileStore,
} from '@app/identity';
import { occurredAtMs } from '@app/mapping';
import { comparableId, type JsonObject } from '@app/revenuecat';
import * as metrics from './mapper.metrics';
import { type ParsedRecord, type ValidRecord } from './parsed-record';

export interface ProfilePorts {
  profiles: Pick<ProfileStore, 'find' | 'join'>;
  lookup: Pick<CustomerLookup, 'ask'>;
}

/** The profiles of the customers that an event names, in the order in which it names them. */
export interface KnownProfiles {
  profiles: readonly Profile[];
  /** Whether RevenueCat did not return one of the customers in time. */
  isLookupMissing: boolean;
}

/** Joins what is learned from the batch into the profiles, and returns what is known at each event. Two round trips to Redis, and more for transfers. */
export async function resolveProfiles(
  parsedRecords: readonly ParsedRecord[],
  ports: ProfilePorts,
): Promise<Map<ParsedRecord, KnownProfiles>> {
  const observeDuration = metrics.profileSeconds.startTimer();
  const valid = parsedRecords.filter((parsed) => parsed.kind === 'valid');
  const known = new Map<ParsedRecord, KnownProfiles>();
  await Promise.all(
    [...Map.groupBy(valid, ({ projectId }) => projectId).values()].map(async (ofProject) => {
      for (const [parsed, profiles] of await resolveProject(ofProject, ports)) known.set(parsed, profiles);
    }),
  );
  observeDuration();
  return known;
}

interface ObservedRecord {
  parsed: ValidRecord;
  observations: readonly Observation[];
}

async function resolveProject(
  parsedRecords: readonly ValidRecord[],
  { profiles, lookup }: ProfilePorts,
): Promise<Map<ParsedRecord, KnownProfiles>> {
  const [first] = parsedRecords;
  if (first === undefined) return new Map();
  const { projectId, integration } = first;
  const collectsState = integration.userProperties.length > 0;
  const observed = parsedRecords.map((parsed) => {
    const { event } = parsed.envelope;
    const atMs = occurredAtMs(event, parsed.receivedAtMs);
    return { parsed, event, atMs, observations: observe(event, atMs, collectsState) };
  });
  const observations = observed.flatMap((event) => event.observations);

  const found = await profiles.find(projectId, observations);
  const access = integration.lookup?.customers === true ? integration.lookup : undefined;
  const unknown = access === undefined ? [] : unknownCustomers(observed, found.isKnown);
  const lookups =
    access === undefined || unknown.length === 0 ? undefined : await lookup.ask(projectId, access, unknown);
  if (access !== undefined)
    countLookups(projectId, observations.filter(found.isKnown), lookups?.values() ?? []);
  const lookedUp = [...(lookups?.values() ?? [])].flatMap((result) =>
    result.kind === 'found' ? [withoutBlockedIds(result.observation, integration.blockedIds)] : [],
  );
  // Data from RevenueCat comes first, so it is known at every event of the batch.
  const known = (await profiles.join(projectId, [...lookedUp, ...observations], found)).slice(
    lookedUp.length,
  );

  let next = 0;
  const events = observed.map((event) => {
    const first = next;
    next += event.observations.length;
    return { ...event, known: known.slice(first, next) };
  });
  const knownOf = collectsState
    ? await moveTransferred(projectId, events, profiles)
    : events.map((event) => event.known);
  return new Map(
    events.map(({ parsed, observations: own }, i) => {
      const isLookupMissing = own.some(
        (observation) => lookups?.get(lookupId(observation))?.kind === 'unavailable',
      );
      return [parsed, { profiles: knownOf[i] ?? [], isLookupMissing }];
    }),
  );
}

/** Takes two or four further round trips if the batch contains transfers, otherwise none. */
async function moveTransferred(
  projectId: string,
  events: Parameters<typeof applyTransfers>[0],
  profiles: ProfilePorts['profiles'],
): Promise<Profile[][]> {
  const { known, gained, lost } = applyTransfers(events);
  for (const moved of [gained, lost]) {
    if (moved.length > 0) await profiles.join(projectId, moved, await profiles.find(projectId, moved));
  }
  return known;
}

function countLookups(project: string, known: readonly Observation[], results: Iterable<LookupResult>): void {
  const counts = { known: new Set(known.map(lookupId)).size, found: 0, absent: 0, unavailable: 0 };
  for (const { kind } of results) counts[kind] += 1;
  for (const [outcome, count] of Object.entries(counts)) metrics.lookups.inc({ project, outcome }, count);
}

function withoutBlockedIds({ ids, learned }: Observation, blockedIds: readonly string[]): Observation {
  const blocked = new Set(blockedIds.map(comparableId));
  const isUsable = (id: string): boolean => !blocked.has(comparableId(id));
  return {
    ids: ids.filter(isUsable),
    learned: { ...learned, aliases: new Set([...learned.aliases].filter(isUsable)) },
  };
}

/** Customers to look up. Those whose event has little data come first: a TRANSFER, say, has neither aliases nor attributes. */
function unknownCustomers(
  observed: readonly ObservedRecord[],
  isKnown: (observation: Observation) => boolean,
): string[] {
  const sparse = observed.filter(({ parsed }) => isSparse(parsed.envelope.event.fields));
  const ids = [...sparse, ...observed].flatMap(({ observations }) =>
    observations.filter((observation) => !isKnown(observation)).map(lookupId),
  );
  return [...new Set(ids)];
}

function isSparse(fields: JsonObject): boolean {
  return fields['aliases'] === undefined || fields['subscriber_attributes'] === undefined;
}

const lookupId = ({ ids: [id = ''] }: Observation): string => id;
