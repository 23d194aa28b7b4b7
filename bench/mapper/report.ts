export interface Measurement {
  /** What kind of integration maps the events. */
  variant: string;
  profiles: number;
  /** Rate for events of new customers. */
  newEventsPerSecond: number;
  /** Rate for events of known customers, each enriched with an attribute. */
  eventsPerSecond: number;
  /** Processor time per event of a known customer, in microseconds. */
  mapperMicros: number;
  redisMicros: number;
  bytesPerProfile: number;
  deliveryBytes: number;
}

/** The report. Absolute figures depend on the machine and its load; the ratios are comparable. */
export function report(results: readonly Measurement[], batchSize: number, events: number): string {
  const cost = ({ mapperMicros, redisMicros }: Measurement): number => mapperMicros + redisMicros;
  const [first] = results;
  const rows = results.map((r) =>
    [
      r.variant,
      whole(r.profiles),
      whole(r.newEventsPerSecond),
      whole(r.eventsPerSecond),
      `${whole(r.mapperMicros)} + ${whole(r.redisMicros)} µs`,
      (cost(r) / cost(first ?? r)).toFixed(2),
      whole(r.bytesPerProfile),
    ].join(' | '),
  );
  return `# Mapper cost per event

Parse, find and join profiles in Redis, enrich, map and encode; one partition, batches of ${batchSize}, without Kafka. Each customer has two ids and five attributes. Measurement on ${whole(events)} events of customers sampled from all known ones, in one run on cores shared with Redis and other processes.

| integration | profiles known | new customers, events/s | known customers, events/s | processor time per event, mapper + Redis | the same, first row = 1 | Redis bytes per profile, pointers included |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join('\n')}

The ratio is what matters: it stays near 1 as the number of customers grows, because each event touches only the keys of its own customer. With user properties, a profile also holds the purchases of its customer.
`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
