import {
  type CustomerLookup,
  type Observation,
  observe,
  type Profile,
  type ProfileStore,
} from '@app/identity';
import { comparableId, type JsonObject } from '@app/revenuecat';
import { type Arrival, type Readable } from './arrival';
import { happenedAtMs } from './plausible-time';

export interface LearnPorts {
  profiles: Pick<ProfileStore, 'find' | 'join'>;
  lookup: Pick<CustomerLookup, 'ask'>;
}

/** What is known of the customers that an event names, in the order in which it names them. */
export interface Knowledge {
  profiles: readonly Profile[];
  /** RevenueCat could not be asked about one of them in time. */
  isLookupMissing: boolean;
}

/** Joins what the batch teaches into the profiles, and answers what is known at each event. Two round trips to Redis. */
export async function learn(
  arrivals: readonly Arrival[],
  ports: LearnPorts,
): Promise<Map<Arrival, Knowledge>> {
  const readable = arrivals.filter((arrival) => arrival.kind === 'readable');
  const known = new Map<Arrival, Knowledge>();
  await Promise.all(
    [...Map.groupBy(readable, ({ projectId }) => projectId).values()].map(async (ofProject) => {
      for (const [arrival, knowledge] of await learnOfProject(ofProject, ports))
        known.set(arrival, knowledge);
    }),
  );
  return known;
}

interface Observed {
  arrival: Readable;
  observations: readonly Observation[];
}

async function learnOfProject(
  arrivals: readonly Readable[],
  { profiles, lookup }: LearnPorts,
): Promise<Map<Arrival, Knowledge>> {
  const [first] = arrivals;
  if (first === undefined) return new Map();
  const { projectId, integration } = first;
  const observed = arrivals.map((arrival) => {
    const { event } = arrival.envelope;
    return { arrival, observations: observe(event, happenedAtMs(event, arrival.receivedAtMs)) };
  });
  const observations = observed.flatMap((event) => event.observations);

  const found = await profiles.find(projectId, observations);
  const strangers = integration.lookup === undefined ? [] : strangersIn(observed, found.isKnown);
  const answers =
    integration.lookup === undefined || strangers.length === 0
      ? undefined
      : await lookup.ask(projectId, integration.lookup, strangers);
  const told = [...(answers?.values() ?? [])].flatMap((answer) =>
    answer.kind === 'found' ? [without(answer.observation, integration.blockedIds)] : [],
  );
  // What RevenueCat tells of a customer is known before the batch.
  const known = (await profiles.join(projectId, [...told, ...observations], found)).slice(told.length);

  let next = 0;
  return new Map(
    observed.map(({ arrival, observations: own }) => {
      const ofEvent = known.slice(next, next + own.length);
      next += own.length;
      const isLookupMissing = own.some(
        (observation) => answers?.get(askedFor(observation))?.kind === 'unavailable',
      );
      return [arrival, { profiles: ofEvent, isLookupMissing }];
    }),
  );
}

/** An observation without the ids that a project blocks. */
function without({ ids, learned }: Observation, blockedIds: readonly string[]): Observation {
  const blocked = new Set(blockedIds.map(comparableId));
  const isUsable = (id: string): boolean => !blocked.has(comparableId(id));
  return {
    ids: ids.filter(isUsable),
    learned: { ...learned, aliases: new Set([...learned.aliases].filter(isUsable)) },
  };
}

/** Whom to ask about, first those whose event itself says little: a TRANSFER, say, carries neither ids nor attributes. */
function strangersIn(
  observed: readonly Observed[],
  isKnown: (observation: Observation) => boolean,
): string[] {
  const sparse = observed.filter(({ arrival }) => saysLittle(arrival.envelope.event.fields));
  const ids = [...sparse, ...observed].flatMap(({ observations }) =>
    observations.filter((observation) => !isKnown(observation)).map(askedFor),
  );
  return [...new Set(ids)];
}

function saysLittle(fields: JsonObject): boolean {
  return fields['aliases'] === undefined || fields['subscriber_attributes'] === undefined;
}

const askedFor = ({ ids: [id = ''] }: Observation): string => id;
