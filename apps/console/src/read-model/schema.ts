/** Increase it whenever a table changes: a file with another version is deleted and rebuilt from Kafka. */
export const schemaVersion = 12;

/**
 * Narrow rows that are read often (`events`) are separate from wide rows that are read one at a time (`bodies`, `deliveries`).
 * `kinds` numbers the few combinations by which lists are filtered, so that one index serves any filter. Data that may quote a
 * customer is stored only with an event of that customer, so that it is erased with the event.
 */
export const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE positions (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

CREATE TABLE kinds (
  id INTEGER PRIMARY KEY, project TEXT NOT NULL, type TEXT NOT NULL, environment TEXT NOT NULL, outcome TEXT NOT NULL,
  UNIQUE (project, type, environment, outcome)
);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  event_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  known_by INTEGER NOT NULL,
  event_time_ms INTEGER,
  app_user_id TEXT,
  product_id TEXT,
  price REAL,
  times_received INTEGER NOT NULL,
  content_differs INTEGER NOT NULL DEFAULT 0,
  has_more_ids INTEGER NOT NULL DEFAULT 0,
  partition INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  reason TEXT,
  outcome_at_ms INTEGER,
  attempts INTEGER NOT NULL,
  next_attempt_at_ms INTEGER,
  UNIQUE (project, event_id)
);
CREATE INDEX events_by_time ON events (at_ms, seq);
CREATE INDEX events_by_kind ON events (kind, at_ms, seq);
CREATE INDEX events_not_by_mention ON events (seq) WHERE known_by < 2 OR has_more_ids = 1;

CREATE TABLE bodies (seq INTEGER PRIMARY KEY, key BLOB, headers TEXT NOT NULL, value BLOB NOT NULL);

CREATE TABLE deliveries (
  event_seq INTEGER NOT NULL, delivery_id TEXT NOT NULL,
  format TEXT NOT NULL, at_ms INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, body BLOB NOT NULL,
  identity TEXT,
  PRIMARY KEY (event_seq, delivery_id)
) WITHOUT ROWID;

CREATE TABLE receipts (
  event_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, delivery_id TEXT NOT NULL, outcome TEXT NOT NULL,
  attempt INTEGER NOT NULL, reason TEXT, detail TEXT, status INTEGER, latency_ms INTEGER, since_received_ms INTEGER,
  next_attempt_at_ms INTEGER, previous_ambiguous INTEGER NOT NULL, enrichment TEXT, customer TEXT,
  trace_id TEXT, rule TEXT, identity TEXT,
  PRIMARY KEY (event_seq, at_ms, delivery_id, outcome, attempt)
) WITHOUT ROWID;

CREATE TABLE mentions (
  id TEXT NOT NULL, project TEXT NOT NULL, event_seq INTEGER NOT NULL,
  PRIMARY KEY (id, project, event_seq)
) WITHOUT ROWID;
CREATE INDEX mentions_by_event ON mentions (event_seq);

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  is_open INTEGER NOT NULL, source TEXT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
  attempts INTEGER NOT NULL, at_ms INTEGER NOT NULL, project TEXT, event_id TEXT, is_redrivable INTEGER NOT NULL,
  redriven_at_ms INTEGER, bytes INTEGER NOT NULL, key BLOB, headers TEXT NOT NULL, value BLOB,
  UNIQUE (topic, partition, offset)
);
CREATE INDEX dead_letters_by_reason ON dead_letters (is_open, source, stage, reason, is_redrivable, at_ms);
CREATE INDEX dead_letters_by_project ON dead_letters (is_open, project, reason, at_ms);
CREATE INDEX dead_letters_by_time ON dead_letters (at_ms, bytes);

CREATE TABLE redrives (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (topic, partition, offset)
) WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, who TEXT NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
  detail TEXT, failure TEXT,
  UNIQUE (partition, offset)
);
CREATE INDEX audit_by_time ON audit (at_ms, id);

CREATE TABLE forgotten (
  project TEXT NOT NULL, id_hash TEXT NOT NULL, at_ms INTEGER NOT NULL, is_erased INTEGER NOT NULL,
  PRIMARY KEY (project, id_hash)
) WITHOUT ROWID;

CREATE TABLE skipped (
  topic TEXT PRIMARY KEY, count INTEGER NOT NULL,
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, at_ms INTEGER NOT NULL, error TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE flow (
  step_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  received INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0, duplicate INTEGER NOT NULL DEFAULT 0,
  filtered INTEGER NOT NULL DEFAULT 0, retrying INTEGER NOT NULL DEFAULT 0, dead_lettered INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (step_ms, at_ms)
) WITHOUT ROWID;

CREATE TABLE latency (
  step_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, bin INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (step_ms, at_ms, bin)
) WITHOUT ROWID;

CREATE TABLE filtered (
  project TEXT NOT NULL, day_ms INTEGER NOT NULL, reason TEXT NOT NULL, rule TEXT NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (project, day_ms, reason, rule)
) WITHOUT ROWID;

CREATE TABLE projects (
  project TEXT PRIMARY KEY,
  delivered_at_ms INTEGER NOT NULL DEFAULT 0,
  problem_at_ms INTEGER NOT NULL DEFAULT 0,
  problem_event_id TEXT, problem_status INTEGER, is_suspended INTEGER, next_attempt_at_ms INTEGER
) WITHOUT ROWID;
`;
