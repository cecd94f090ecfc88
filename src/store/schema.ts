import type { DatabaseSync } from 'node:sqlite';

/**
 * The tables, one step for each version; `PRAGMA user_version` says how many were taken. A step that
 * was released is never changed: what it misses is the next step's.
 */
export const SCHEMA: readonly string[] = [
  `
  -- How far the log was read: one row. backlog_until: the last record of the ring as it was when the store began.
  CREATE TABLE cursor (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    boot_id TEXT NOT NULL, sequence INTEGER NOT NULL, backlog_until INTEGER NOT NULL
  ) STRICT;
  -- state: pending (attribution must wait), recorded (its Events are decided), kept (no Events).
  CREATE TABLE episodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id TEXT NOT NULL, sequence INTEGER NOT NULL, at_ms REAL NOT NULL,
    state TEXT NOT NULL, entered_ms REAL NOT NULL, episode TEXT NOT NULL, attribution TEXT,
    UNIQUE (boot_id, sequence)
  ) STRICT;
  CREATE INDEX pending_episodes ON episodes (id) WHERE state = 'pending';
  CREATE INDEX episodes_by_time ON episodes (at_ms);
  -- What the correlator decided and the API server has not confirmed.
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    object_key TEXT NOT NULL, verb TEXT NOT NULL, entered_ms REAL NOT NULL,
    event TEXT NOT NULL, patch TEXT
  ) STRICT;
  -- The correlator's state, as its StateRow says.
  CREATE TABLE correlator (
    kind TEXT NOT NULL, key TEXT NOT NULL, place INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What other stages ask to be kept: containers seen, the books of the cgroup counters. Opaque here.
  CREATE TABLE known (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, at_ms REAL NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX known_by_time ON known (kind, at_ms);
  `,
  `
  -- The oldest row of one object, without reading those of the others.
  CREATE INDEX outbox_by_object ON outbox (object_key);
  `,
  `
  -- The cursor and the baselines of the cgroup counters are notes like others, each container's kills a row of their own.
  INSERT INTO known SELECT 'note', 'cursor', json_object(
    'bootId', boot_id, 'sequence', sequence, 'backlogUntil', backlog_until), 0 FROM cursor;
  DROP TABLE cursor;
  UPDATE known SET kind = 'note', key = 'oom-kill-baselines' WHERE kind = 'baseline' AND key = 'oom-kill';
  INSERT OR REPLACE INTO known
    SELECT 'kill', concat_ws('/', kill.value ->> 'namespace', kill.value ->> 'pod', kill.value ->> 'container'),
      kill.value, at_ms
    FROM known, json_each(known.value, '$.kills') AS kill
    WHERE kind = 'note' AND known.key = 'counters' AND kill.type = 'object';
  UPDATE known SET value = json_remove(value, '$.kills') WHERE kind = 'note' AND key = 'counters';
  -- Nobody asks the file for these.
  DROP INDEX known_by_time;
  DROP INDEX outbox_by_object;
  `,
];

/** How many steps a database has taken; 0 when it is new. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Takes the steps that are missing, each in a transaction of its own. */
export function migrate(db: DatabaseSync, steps: readonly string[] = SCHEMA): void {
  for (let version = schemaVersion(db); version < steps.length; version += 1) {
    db.exec(`BEGIN IMMEDIATE; ${steps[version]} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
}
