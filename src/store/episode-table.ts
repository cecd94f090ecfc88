import type { Observable } from 'rxjs';
import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { SqlParams, SqlRow } from './prepared-database.ts';
import type { StateDatabase } from './state-database.ts';

/** `pending`: attribution must wait; `recorded`: its Events are decided; `kept`: it has none. */
export type EpisodeState = 'pending' | 'recorded' | 'kept';

/** An episode as the node remembers it. */
export interface StoredEpisode {
  readonly bootId: string;
  readonly state: EpisodeState;
  /** When it entered the store, ms since the epoch. */
  readonly enteredMs: number;
  readonly episode: OomEpisode;
  readonly attribution?: Attribution;
}

/** One with its place in the order of recording: ids ascend. */
export interface NumberedEpisode extends StoredEpisode {
  readonly id: number;
}

/** One whose subjects are known. */
export interface AttributedEpisode extends NumberedEpisode {
  readonly attribution: Attribution;
}

/** How much of the past is kept. */
export interface Retention {
  readonly maxEpisodes: number;
  readonly maxAgeMs: number;
}

/** A node may run thousands of tasks; who used the memory is told by the largest. */
const MAX_TASKS_KEPT = 50;

/**
 * How many may be pending. One takes 12 kB of memory with a table of fifty, and half of one to know
 * when to look at it: 25 MB of the DaemonSet's 256 MiB. 110 pods (the kubelet's default) that all die as
 * often as their back-off lets them, every five minutes, make as many in an hour and a half.
 */
export const MAX_PENDING = 2000;

const COLUMNS = 'boot_id, state, entered_ms, episode, attribution';

const INSERT = `INSERT INTO episodes (id, sequence, at_ms, ${COLUMNS})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** The node's history, and in it what is not attributed yet. */
export class EpisodeTable {
  readonly #db: StateDatabase;
  readonly #retention: Retention;

  constructor(db: StateDatabase, retention: Retention) {
    this.#db = db;
    this.#retention = retention;
  }

  /** Tells when other episodes may be loaded than before: the state file was away. */
  get reloads$(): Observable<void> {
    return this.#db.reloads$;
  }

  find(bootId: string, sequence: number): StoredEpisode | undefined {
    const sql = `SELECT ${COLUMNS} FROM episodes WHERE boot_id = ? AND sequence = ?`;
    return this.#db.recall(sql, [bootId, sequence], toStoredEpisode)[0];
  }

  /** Adds one, and lets go what is too much or too old. */
  add(stored: StoredEpisode): void {
    this.#db.run(INSERT, toParams(stored));
    this.#retain(stored.enteredMs);
  }

  /**
   * The second transaction of one that was pending: its state and its attribution. It is written whole,
   * as memory may not have it: a file that fails meanwhile is told by memory later.
   */
  settle(decided: NumberedEpisode): void {
    const settled = 'state = excluded.state, attribution = excluded.attribution';
    this.#db.run(
      `${INSERT} ON CONFLICT (boot_id, sequence) DO UPDATE SET ${settled}`,
      toParams(decided),
    );
  }

  /** One that is there has more to say. */
  amend(bootId: string, episode: OomEpisode): void {
    this.#db.run('UPDATE episodes SET episode = ? WHERE boot_id = ? AND sequence = ?', [
      JSON.stringify(withLargestTasks(episode)),
      bootId,
      episode.sequence,
    ]);
  }

  /** The last ones of a boot, the newest first, with no table of tasks that is not whole. */
  latestOf(bootId: string, count: number): OomEpisode[] {
    const sql = `SELECT ${COLUMNS} FROM episodes WHERE boot_id = ? ORDER BY sequence DESC LIMIT ?`;
    return this.#db
      .recall(sql, [bootId, count], toStoredEpisode)
      .map(({ episode }) =>
        episode.tasks.length < MAX_TASKS_KEPT ? episode : { ...episode, tasks: [] },
      );
  }

  /** One that is pending, as it is now. */
  findPending(bootId: string, sequence: number): NumberedEpisode | undefined {
    const sql = `SELECT id, ${COLUMNS} FROM episodes
      WHERE boot_id = ? AND sequence = ? AND state = 'pending'`;
    return this.#db.all(sql, bootId, sequence).map(toNumberedEpisode)[0];
  }

  /** The oldest first, one at a time: no more than one of them is in memory as a whole. */
  *pending(): Iterable<StoredEpisode> {
    const sql = `SELECT ${COLUMNS} FROM episodes WHERE state = 'pending' ORDER BY id`;
    for (const row of this.#db.each(sql)) yield toStoredEpisode(row);
  }

  /**
   * The oldest first: what an earlier process left pending beyond {@link MAX_PENDING}, which is in the
   * file alone; of those the ones after `id`.
   */
  unloaded(id: number, count: number): NumberedEpisode[] {
    const oldest = this.#db.get(`SELECT min(id) AS id FROM episodes WHERE state = 'pending'`);
    const sql = `SELECT id, ${COLUMNS} FROM episodes WHERE state = 'pending' AND id > ? AND id < ?
      ORDER BY id LIMIT ?`;
    return this.#db.recall(sql, [id, oldest?.['id'] ?? 0, count], toNumberedEpisode);
  }

  /** How many wait for their attribution. */
  pendingCount(): number {
    const sql = `SELECT count(*) AS count FROM episodes WHERE state = 'pending'`;
    return Number(this.#db.get(sql)?.['count']);
  }

  /** The newest first. */
  latest(count: number): StoredEpisode[] {
    const sql = `SELECT ${COLUMNS} FROM episodes ORDER BY id DESC LIMIT ?`;
    return this.#db.recall(sql, [count], toStoredEpisode);
  }

  /**
   * The oldest first, of those whose attribution is known: the ones after `id`, and of those before it
   * the ones in `among`. Who was never attributed (kept from long ago, or given up) is not one of them.
   */
  attributed(id: number, among: readonly number[], count: number): AttributedEpisode[] {
    const sql = `SELECT id, ${COLUMNS} FROM episodes
      WHERE (id > ? OR id IN (SELECT value FROM json_each(?))) AND attribution IS NOT NULL
      ORDER BY id LIMIT ?`;
    return this.#db.recall(sql, [id, JSON.stringify(among), count], (row) => ({
      ...toNumberedEpisode(row),
      attribution: JSON.parse(String(row['attribution'])),
    }));
  }

  /** The ids of the ones that are attributed or may yet be: those after `id`, and those in `among`. */
  attributable(id: number, among: readonly number[], until = Number.MAX_SAFE_INTEGER): number[] {
    const sql = `SELECT id FROM episodes
      WHERE (id > ? AND id <= ? OR id IN (SELECT value FROM json_each(?)))
      AND (attribution IS NOT NULL OR state = 'pending') ORDER BY id`;
    return this.#db.recall(sql, [id, until, JSON.stringify(among)], (row) => Number(row['id']));
  }

  /** What is older was let go, but for what is pending; `undefined` while nothing is decided. */
  oldestDecided(): number | undefined {
    const sql = `SELECT id FROM episodes WHERE state <> 'pending' ORDER BY id LIMIT 1`;
    return this.#db.recall(sql, [], (row) => Number(row['id']))[0];
  }

  #retain(nowMs: number): void {
    const { maxEpisodes, maxAgeMs } = this.#retention;
    this.#db.run(
      `DELETE FROM episodes WHERE id <= (SELECT max(id) FROM episodes) - ? AND state <> 'pending'`,
      [maxEpisodes],
    );
    this.#db.run(`DELETE FROM episodes WHERE at_ms < ? AND state <> 'pending'`, [nowMs - maxAgeMs]);
  }
}

function withLargestTasks(episode: OomEpisode): OomEpisode {
  if (episode.tasks.length <= MAX_TASKS_KEPT) return episode;
  const bySize = episode.tasks.toSorted((a, b) => b.rssPages - a.rssPages);
  const largest = new Set(bySize.slice(0, MAX_TASKS_KEPT));
  return { ...episode, tasks: episode.tasks.filter((task) => largest.has(task)) };
}

function toJson(attribution: Attribution | undefined): string | null {
  return attribution === undefined ? null : JSON.stringify(attribution);
}

function toParams(stored: StoredEpisode & { readonly id?: number }): SqlParams {
  const { id, bootId, state, enteredMs, episode, attribution } = stored;
  const { sequence, atMs } = episode;
  const kept = JSON.stringify(withLargestTasks(episode));
  return [id ?? null, sequence, atMs, bootId, state, enteredMs, kept, toJson(attribution)];
}

function toNumberedEpisode(row: SqlRow): NumberedEpisode {
  return { ...toStoredEpisode(row), id: Number(row['id']) };
}

function toStoredEpisode(row: SqlRow): StoredEpisode {
  return {
    bootId: String(row['boot_id']),
    state: row['state'] as EpisodeState,
    enteredMs: Number(row['entered_ms']),
    episode: JSON.parse(String(row['episode'])),
    ...(row['attribution'] !== null && { attribution: JSON.parse(String(row['attribution'])) }),
  };
}
