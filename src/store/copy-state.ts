import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

type Row = Readonly<Record<string, SQLInputValue>>;

/** What decisions depend on: copied whole. */
const TABLES = ['cursor', 'correlator', 'outbox', 'known'] as const;

/**
 * Makes `to` go on where `from` is: all that decides what happens next, and the episodes whose
 * attribution is pending; with `history` the others too, merged with what `to` has.
 *
 * A table that cannot be read is told to `onUnreadable` and left out.
 */
export function copyState(
  from: DatabaseSync,
  to: DatabaseSync,
  options: { readonly history: boolean; readonly onUnreadable: (error: unknown) => void },
): void {
  const read = (sql: string): readonly Row[] => {
    try {
      return from.prepare(sql).all();
    } catch (error) {
      options.onUnreadable(error);
      return [];
    }
  };
  to.exec('BEGIN IMMEDIATE');
  try {
    for (const table of TABLES) replaceAll(to, table, read(`SELECT * FROM ${table}`));
    mergeEpisodes(to, read(episodesQuery(options.history)));
    to.exec('COMMIT');
  } catch (error) {
    if (to.isTransaction) to.exec('ROLLBACK');
    throw error;
  }
}

function episodesQuery(history: boolean): string {
  const columns = 'boot_id, sequence, at_ms, state, entered_ms, episode, attribution';
  const which = history ? '' : "WHERE state = 'pending'";
  return `SELECT ${columns} FROM episodes ${which} ORDER BY id`;
}

function replaceAll(to: DatabaseSync, table: string, rows: readonly Row[]): void {
  to.exec(`DELETE FROM ${table}`);
  for (const row of rows) insert(to, `INSERT INTO ${table}`, row, '');
}

/** An episode may be pending in one place and recorded in the other: the newer word counts. */
function mergeEpisodes(to: DatabaseSync, rows: readonly Row[]): void {
  const newer = 'state = excluded.state, attribution = excluded.attribution';
  const onConflict = `ON CONFLICT (boot_id, sequence) DO UPDATE SET ${newer}`;
  for (const row of rows) insert(to, 'INSERT INTO episodes', row, onConflict);
}

function insert(to: DatabaseSync, into: string, row: Row, onConflict: string): void {
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  to.prepare(`${into} (${columns.join(', ')}) VALUES (${places}) ${onConflict}`).run(
    ...Object.values(row),
  );
}
