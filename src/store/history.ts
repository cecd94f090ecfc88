import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PreparedDatabase, SqlRow } from './prepared-database.ts';
import { idOf, type StoredEpisode, toStored } from './stored-episode.ts';

/** Which episodes; all of them where nothing is said. */
export interface HistoryFilter {
  /** The kill was then or later, ms since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Of these, an episode whose attribution is not decided has none. */
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  /** None whose attribution waits. */
  readonly isDecided?: boolean | undefined;
}

/** Asks the history, wherever it is; what is asked is answered in one turn, and in one transaction. */
export type AskHistory = <T extends object>(ask: (db: PreparedDatabase) => T) => T;

/**
 * How many rows are looked at in one turn of the event loop: while SQLite works, no record of the kernel's log
 * is read. With tables of fifty tasks, to make objects of twenty rows takes 1 to 2 ms.
 */
const ROWS_A_TURN = 20;

/**
 * Whose a row is: a pod is the last of an attribution's subjects. SQL looks through 10,000 rows in 40 ms; to make
 * objects of them takes half a second.
 */
const IS_ASKED_FOR = [
  "(?1 IS NULL OR attribution ->> '$.subjects[#-1].pod.namespace' = ?1)",
  "(?2 IS NULL OR attribution ->> '$.subjects[#-1].pod.name' = ?2)",
  "(?3 IS NULL OR attribution ->> '$.subjects[#-1].container.name' = ?3)",
  "(?4 = 0 OR state <> 'pending')",
].join(' AND ');

/** Every row tells where it is, and is whole only if it is asked for. */
const PAGE = `SELECT id, at_ms, matches, boot_id, state, entered_ms,
    CASE WHEN matches THEN episode END AS episode, CASE WHEN matches THEN attribution END AS attribution
  FROM (SELECT *, ${IS_ASKED_FOR} AS matches FROM episodes
    WHERE at_ms >= ?5 AND (at_ms, id) < (?6, ?7) ORDER BY at_ms DESC, id DESC LIMIT ${ROWS_A_TURN})`;

/** Where a row is in that order. */
type Place = readonly [atMs: number, id: number];

/**
 * The episodes that are asked for, the newest kill first, page by page: each in a turn of the event loop
 * and in a transaction of its own, so that neither the agent's reader nor the checkpoint of its WAL waits for more
 * than a page. What is recorded meanwhile is left out.
 *
 * @param pause awaited before each page, a turn of the event loop at least
 */
export async function* readHistory(
  ask: AskHistory,
  { sinceMs = -Number.MAX_VALUE, namespace, pod, container, isDecided = false }: HistoryFilter,
  limit = Infinity,
  pause: () => Promise<unknown> = nextTurn,
): AsyncGenerator<readonly StoredEpisode[]> {
  const whose = [namespace ?? null, pod ?? null, container ?? null, Number(isDecided)];
  let place: Place = [Number.MAX_VALUE, Number.MAX_SAFE_INTEGER];
  for (let left = limit; left > 0;) {
    await pause();
    const [from, wanted] = [place, left];
    const page = ask((db) => toPage(db.all(PAGE, ...whose, sinceMs, ...from), wanted));
    if (page.end === undefined) return;
    place = page.end;
    left -= page.found.length;
    if (page.found.length > 0) yield page.found;
  }
}

/** Of the rows that were looked at, what is asked for; no more than is wanted, since to parse it costs more than to look. */
function toPage(
  rows: readonly SqlRow[],
  wanted: number,
): { readonly found: readonly StoredEpisode[]; readonly end: Place | undefined } {
  const last = rows.at(-1);
  return {
    found: rows
      .filter(({ matches }) => matches === 1)
      .slice(0, wanted)
      .map(toStored),
    end: last && [Number(last['at_ms']), idOf(last)],
  };
}

/** The last ones recorded whose attribution waits, the newest first. */
export function latestPending(ask: AskHistory, count: number): readonly StoredEpisode[] {
  const sql = `SELECT * FROM episodes WHERE state = 'pending' ORDER BY id DESC LIMIT ?`;
  return ask((db) => db.all(sql, count).map(toStored));
}

/** When the oldest kill was that the history has, ms since the epoch; `undefined` where it has none. */
export function oldestMs(ask: AskHistory): number | undefined {
  const [row] = ask((db) => db.all('SELECT min(at_ms) AS at_ms FROM episodes'));
  const atMs = row?.['at_ms'] ?? undefined;
  return atMs === undefined ? undefined : Number(atMs);
}

/**
 * Those of that sequence in the boots whose id begins so; two at most, which is one too many.
 *
 * @param bootPrefix empty for any boot
 */
export function findEpisodes(
  ask: AskHistory,
  bootPrefix: string,
  sequence: number,
): readonly StoredEpisode[] {
  const sql = `SELECT * FROM episodes WHERE sequence = ? AND substr(boot_id, 1, length(?)) = ? LIMIT 2`;
  return ask((db) => db.all(sql, sequence, bootPrefix, bootPrefix).map(toStored));
}
