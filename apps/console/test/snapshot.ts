import { type ReadModel } from '../src/read-model/read-model';

/** The contents of a read model without row numbers, which depend on the order of insertion. */
export function snapshotOf({ db }: ReadModel): Record<string, unknown[]> {
  const event = `e.project || '/' || e.event_id AS event`;
  return {
    events:
      db.all(`SELECT ${event}, k.type, k.environment, k.outcome, e.at_ms, e.known_by, e.event_time_ms, e.app_user_id,
      e.product_id, e.price, e.times_received, e.reason, e.outcome_at_ms, e.attempts, e.next_attempt_at_ms
      FROM events e JOIN kinds k ON k.id = e.kind ORDER BY 1`),
    bodies: db.all(
      `SELECT ${event}, b.key, b.headers, b.value FROM events e JOIN bodies b ON b.seq = e.seq ORDER BY 1`,
    ),
    deliveries: db.all(`SELECT ${event}, d.delivery_id, d.format, d.at_ms, d.body
      FROM events e JOIN deliveries d ON d.event_seq = e.seq ORDER BY 1, 2`),
    receipts: db.all(`SELECT ${event}, r.delivery_id, r.at_ms, r.outcome, r.attempt, r.reason, r.status
      FROM events e JOIN receipts r ON r.event_seq = e.seq ORDER BY 1, 2, 3, 4, 5`),
    mentions: db.all(
      `SELECT ${event}, m.id FROM events e JOIN mentions m ON m.event_seq = e.seq ORDER BY 1, 2`,
    ),
    deadLetters:
      db.all(`SELECT topic, partition, offset, is_open, source, stage, reason, event_id, redriven_at_ms, value
      FROM dead_letters ORDER BY 1, 2, 3`),
    audit: db.all(
      'SELECT partition, offset, at_ms, who, address, action, target, detail, failure FROM audit ORDER BY 1, 2',
    ),
    flow: db.all('SELECT * FROM flow ORDER BY 1'),
    latency: db.all('SELECT * FROM latency ORDER BY 1, 2'),
    projects: db.all('SELECT * FROM projects ORDER BY 1'),
    positions: db.all('SELECT * FROM positions ORDER BY 1, 2'),
  };
}

/** The same without positions, which also advance with records that change nothing. */
export function contentsOf(model: ReadModel): Record<string, unknown[]> {
  const { positions, ...contents } = snapshotOf(model);
  return positions === undefined ? {} : contents;
}
