import { type Database } from './database';

/** Removes an event with everything that belongs to it. Call it within a transaction. */
export function removeEvent(db: Database, seq: number): void {
  db.run('DELETE FROM mentions WHERE event_seq = ?', seq);
  db.run('DELETE FROM bodies WHERE seq = ?', seq);
  db.run('DELETE FROM deliveries WHERE event_seq = ?', seq);
  db.run('DELETE FROM receipts WHERE event_seq = ?', seq);
  db.run('DELETE FROM events WHERE seq = ?', seq);
}
