import { cpus } from 'node:os';

export interface Measured {
  profiles: number;
  /** Events of customers never seen before. */
  newEventsPerSecond: number;
  /** Events of known customers, each enriched with an attribute. */
  eventsPerSecond: number;
  /** Processor time per event of a known customer, in microseconds. */
  mapperMicros: number;
  redisMicros: number;
  bytesPerProfile: number;
  deliveryBytes: number;
}

/** The results as a page: absolute figures are of one machine and its load, ratios of any. */
export function report(results: readonly Measured[], batchSize: number, events: number): string {
  const cost = ({ mapperMicros, redisMicros }: Measured): number => mapperMicros + redisMicros;
  const [first] = results;
  const rows = results.map((r) =>
    [
      whole(r.profiles),
      whole(r.newEventsPerSecond),
      whole(r.eventsPerSecond),
      `${whole(r.mapperMicros)} + ${whole(r.redisMicros)} µs`,
      (cost(r) / cost(first ?? r)).toFixed(2),
      whole(r.bytesPerProfile),
    ].join(' | '),
  );
  return `# What an event costs the mapper

Parse, find and join profiles in Redis, enrich, map and encode; one partition, batches of ${batchSize}, Kafka left out. Each customer has two ids and five attributes. Measured on ${whole(events)} events of customers drawn from all that are known, in one run on ${cpus().length} cores shared with Redis and whatever else runs there, Node ${process.versions.node}. Written by \`node --import tsx bench/mapper/main.ts\`.

| profiles known | new customers, events/s | known customers, events/s | processor time per event, mapper + Redis | the same, first row = 1 | Redis bytes per profile, pointers included |
| ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join('\n')}

The ratio is what matters: it stays near 1, since each event touches its own customer’s keys and nothing else.
`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
