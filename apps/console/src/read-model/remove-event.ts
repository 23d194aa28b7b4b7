import { type Database } from './database';

/** Removes an event with all that belongs to it. Within a transaction. */
export function removeEvent(db: Database, seq: number): void {
  db.run('DELETE FROM mentions WHERE event_seq = ?', seq);
  db.run('DELETE FROM bodies WHERE seq = ?', seq);
  db.run('DELETE FROM deliveries WHERE event_seq = ?', seq);
  db.run('DELETE FROM receipts WHERE event_seq = ?', seq);
  db.run('DELETE FROM events WHERE seq = ?', seq);
}
