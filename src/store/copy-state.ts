import { MAX_PENDING } from './episode-table.ts';
import type { PreparedDatabase, SqlRow } from './prepared-database.ts';

/** What decisions depend on: copied whole. */
const TABLES = ['cursor', 'correlator', 'outbox', 'known'] as const;

const EPISODE = 'boot_id, sequence, at_ms, state, entered_ms, episode, attribution';

/**
 * Gives an empty memory all that decides what happens next, and the newest of the episodes whose
 * attribution is pending: what is beyond their limit stays in the file until it is decided. The same
 * statements then lead to the same ids in both.
 */
export function loadState(file: PreparedDatabase, memory: PreparedDatabase): void {
  memory.transaction(() => {
    for (const table of TABLES) replaceAll(memory, table, file.all(`SELECT * FROM ${table}`));
    const pending = `SELECT id, ${EPISODE} FROM episodes WHERE state = 'pending'
      ORDER BY id DESC LIMIT ${MAX_PENDING}`;
    for (const row of file.each(pending)) insert(memory, 'episodes', row);
    replaceAll(memory, 'sqlite_sequence', file.all('SELECT name, seq FROM sqlite_sequence'));
  });
}

/** Brings a file up to date that has missed something: the history of both, all else as memory says. */
export function saveState(memory: PreparedDatabase, file: PreparedDatabase): void {
  file.transaction(() => {
    for (const table of TABLES) replaceAll(file, table, memory.all(`SELECT * FROM ${table}`));
    replaceAll(file, 'sqlite_sequence', latestIds(memory, file));
    for (const row of memory.each(`SELECT ${EPISODE} FROM episodes ORDER BY id`)) merge(file, row);
  });
}

/** No id is given twice, or whoever follows the history by its ids would miss what comes. */
function latestIds(...databases: readonly PreparedDatabase[]): SqlRow[] {
  const latest = new Map<string, number>();
  for (const db of databases) {
    for (const { name, seq } of db.all('SELECT name, seq FROM sqlite_sequence'))
      latest.set(String(name), Math.max(Number(seq), latest.get(String(name)) ?? 0));
  }
  return [...latest].map(([name, seq]) => ({ name, seq }));
}

function replaceAll(to: PreparedDatabase, table: string, rows: readonly SqlRow[]): void {
  to.run(`DELETE FROM ${table}`);
  for (const row of rows) insert(to, table, row);
}

/** An episode may be pending in the file and recorded in memory: the newer word counts. */
function merge(file: PreparedDatabase, row: SqlRow): void {
  const newer = 'state = excluded.state, attribution = excluded.attribution';
  insert(file, 'episodes', row, `ON CONFLICT (boot_id, sequence) DO UPDATE SET ${newer}`);
}

function insert(to: PreparedDatabase, table: string, row: SqlRow, onConflict = ''): void {
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  to.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ${onConflict}`,
    Object.values(row),
  );
}
