import type { Observable } from 'rxjs';
import { CONTEXT_BURST } from '../oom/context-ratelimit.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import { insertion, MemoryTable, pack } from './memory-table.ts';
import type { Change, Run, StatePart } from './operation.ts';
import {
  lastIdIn,
  type PreparedDatabase,
  type SqlParams,
  type SqlRow,
} from './prepared-database.ts';
import type { StateDatabase } from './state-database.ts';
import {
  idOf,
  MAX_TASKS_KEPT,
  type NumberedEpisode,
  type StoredEpisode,
  toJson,
  toNumbered,
  toRow,
  toStored,
} from './stored-episode.ts';

/** One whose subjects are known. */
export interface AttributedEpisode extends NumberedEpisode {
  readonly attribution: Attribution;
}

/**
 * How many may be pending. One takes 12 kB of memory with a table of fifty, and half of one to know
 * when to look at it: 25 MB of the DaemonSet's 256 MiB. 110 pods (the kubelet's default) that all die as
 * often as their back-off lets them, every five minutes, make as many in an hour and a half.
 */
export const MAX_PENDING = 2000;

/** The history is for a person who comes back from holiday; what is older is in their log archive. */
const MAX_AGE_MS = 30 * 24 * 60 * 60_000;

/** How many decided ones memory keeps while there is no file: 12 MB, and five times what the page shows at most. */
const MAX_IN_MEMORY = 1000;

/** The newest of what is pending, the oldest of them first. */
const LOADED = `SELECT * FROM episodes WHERE state = 'pending' AND id >= ifnull((
  SELECT id FROM episodes WHERE state = 'pending' ORDER BY id DESC LIMIT 1 OFFSET ${MAX_PENDING - 1}
), 0) ORDER BY id`;

const OF_SEQUENCE = 'WHERE boot_id = ? AND sequence = ?';

/** The node's history, and in it what is not attributed yet, which memory has as well. */
export class EpisodeTable implements StatePart {
  /** Tells when other episodes may be loaded than before: the state file was away. */
  readonly reloads$: Observable<void>;
  readonly #db: StateDatabase;
  readonly #change: Change;
  readonly #maxDecided: number;
  readonly #pending = new MemoryTable('episodes', ['boot_id', 'sequence'], LOADED, 'boot_id');
  /** The last decided ones: lines of theirs may come when the file is away. */
  #latest: readonly SqlRow[] = [];
  /** While there is no file: it has those up to this id, perhaps as pending, and must be told of them. */
  #inFile = 0;

  constructor(db: StateDatabase, change: Change, maxDecided: number) {
    this.reloads$ = db.reloads$;
    this.#db = db;
    this.#change = change;
    this.#maxDecided = maxDecided;
  }

  find(bootId: string, sequence: number): StoredEpisode | undefined {
    const [found] = this.#all(toStored, OF_SEQUENCE, bootId, sequence);
    if (found !== undefined || this.#db.hasFile) return found;
    const isIt = (row: SqlRow): boolean =>
      row['boot_id'] === bootId && row['sequence'] === sequence;
    const row = this.#latest.find(isIt);
    return row && toStored(row);
  }

  /** Adds one, and lets go what is too much or too old. */
  add(added: StoredEpisode): void {
    const row = toRow(added);
    this.#change((run) => {
      this.#put({ id: this.#pending.nextId(), ...row }, run);
      this.#retain(added.enteredMs, run);
    });
  }

  /** The second transaction of one that was pending: its state and its attribution. */
  settle(decided: NumberedEpisode): void {
    const row = toRow(decided);
    this.#change((run) => {
      const pending = this.#pending.get(decided.bootId, decided.episode.sequence);
      if (pending !== undefined) return this.#put({ id: pending['id'] ?? null, ...row }, run);
      // The file alone has it, perhaps by another id than when this was read.
      const [sql, ...params] = insertion('episodes', { id: decided.id, ...row });
      const values = `VALUES (ifnull((SELECT id FROM episodes ${OF_SEQUENCE}), ?)`;
      const { bootId, episode } = decided;
      run(sql.replace('VALUES (?', values), bootId, episode.sequence, ...params);
    });
  }

  /** One that is there has more to say. */
  amend(bootId: string, amended: OomEpisode): void {
    const [{ sequence }, episode] = [amended, toJson(amended)];
    const sql = `UPDATE episodes SET episode = ? ${OF_SEQUENCE}`;
    this.#change((run) => {
      const row = this.#pending.get(bootId, sequence);
      if (row === undefined) run(sql, episode, bootId, sequence);
      else this.#pending.put({ ...row, episode }, run);
    });
  }

  /** The last ones of a boot, the newest first, with no table of tasks that is not whole. */
  latestOf(bootId: string, count: number): OomEpisode[] {
    const where = 'WHERE boot_id = ? ORDER BY sequence DESC LIMIT ?';
    return this.#all(toStored, where, bootId, count).map(({ episode }) =>
      episode.tasks.length < MAX_TASKS_KEPT ? episode : { ...episode, tasks: [] },
    );
  }

  /** One that is pending, as it is now. */
  findPending(bootId: string, sequence: number): NumberedEpisode | undefined {
    const row = this.#pending.get(bootId, sequence);
    return row && toNumbered(row);
  }

  /** The oldest first, one at a time: no more than one of them is an object. */
  *pending(): Iterable<StoredEpisode> {
    for (const row of this.#pending.rows()) yield toStored(row);
  }

  /**
   * The oldest first: what an earlier process left pending beyond {@link MAX_PENDING}, which is in the
   * file alone; of those the ones after `id`.
   */
  unloaded(id: number, count: number): NumberedEpisode[] {
    const [oldest] = this.#pending.rows();
    const where = "WHERE state = 'pending' AND id > ? AND id < ? ORDER BY id LIMIT ?";
    return this.#all(toNumbered, where, id, oldest?.['id'] ?? 0, count);
  }

  /** How many wait for their attribution. */
  pendingCount(): number {
    return this.#pending.size;
  }

  /** Asks what is there now: the file, or memory while it is away. */
  ask<T extends object>(ask: (db: PreparedDatabase) => T): T {
    return this.#db.read(ask);
  }

  /** The newest first. */
  latest(count: number): StoredEpisode[] {
    return this.#all(toStored, 'ORDER BY id DESC LIMIT ?', count);
  }

  /**
   * The oldest first, of those whose attribution is known: the ones after `id`, and of those before it
   * the ones in `among`. Who was never attributed (kept from long ago, or given up) is not one of them.
   */
  attributed(id: number, among: readonly number[], count: number): AttributedEpisode[] {
    // With a lower bound SQLite need not go through what was settled long ago.
    const where = `WHERE id >= ? AND (id > ? OR id IN (SELECT value FROM json_each(?)))
      AND attribution IS NOT NULL ORDER BY id LIMIT ?`;
    const params = [Math.min(id, ...among), id, JSON.stringify(among), count];
    return this.#all(toNumbered, where, ...params) as AttributedEpisode[];
  }

  /** The ids of the ones that are attributed or may yet be: those after `id`, and those in `among`. */
  attributable(id: number, among: readonly number[], until = Number.MAX_SAFE_INTEGER): number[] {
    const sql = `SELECT id FROM episodes
      WHERE (id > ? AND id <= ? OR id IN (SELECT value FROM json_each(?)))
      AND (attribution IS NOT NULL OR state = 'pending') ORDER BY id`;
    return this.#db.read((db) => db.all(sql, id, until, JSON.stringify(among))).map(idOf);
  }

  /** The ids that these have now; of those that are gone, none. */
  idsOf(episodes: readonly (readonly [bootId: string, sequence: number])[]): number[] {
    const sql = `SELECT episodes.id FROM json_each(?) AS asked CROSS JOIN episodes
      ON boot_id = asked.value ->> 0 AND sequence = asked.value ->> 1`;
    return this.#db.read((db) => db.all(sql, JSON.stringify(episodes))).map(idOf);
  }

  /** The last id of what entered the store before then; 0 if there is none. */
  lastBefore(ms: number): number {
    const sql = 'SELECT id FROM episodes WHERE entered_ms < ? ORDER BY id DESC LIMIT 1';
    return this.#db.read((db) => db.all(sql, ms)).map(idOf)[0] ?? 0;
  }

  /** What is older was let go, but for what is pending; `undefined` while nothing is decided. */
  oldestDecided(): number | undefined {
    const sql = `SELECT id FROM episodes WHERE state <> 'pending' ORDER BY id LIMIT 1`;
    return this.#db.read((db) => db.all(sql)).map(idOf)[0];
  }

  load(db: PreparedDatabase): () => void {
    return this.#pending.load(db);
  }

  /**
   * One keeps its id where the file never gave that; else it gets one that neither gave: whoever follows
   * the history by them would miss what comes.
   */
  save(db: PreparedDatabase, standIn?: PreparedDatabase): void {
    if (standIn === undefined) {
      this.#inFile = this.#pending.lastId;
      return this.#pending.save(db);
    }
    this.#bring(db, standIn, () => true);
  }

  /** What the file says of one is from before, unless it says that it does not know yet. */
  merge(db: PreparedDatabase, standIn: PreparedDatabase): void {
    this.#bring(db, standIn, (known) => known['state'] === 'pending');
  }

  #bring(
    db: PreparedDatabase,
    standIn: PreparedDatabase,
    isReplaced: (known: SqlRow) => boolean,
  ): void {
    const lastInFile = lastIdIn(db, 'episodes');
    let lastId = Math.max(this.#pending.lastId, lastInFile);
    for (const row of standIn.each('SELECT * FROM episodes ORDER BY id')) {
      const sql = `SELECT id, state FROM episodes ${OF_SEQUENCE}`;
      const [known] = db.all(sql, row['boot_id'] ?? null, row['sequence'] ?? null);
      if (known !== undefined && !isReplaced(known)) continue;
      const own = idOf(row) > lastInFile ? idOf(row) : undefined;
      const id = known?.['id'] ?? own ?? (lastId += 1);
      db.run(...insertion('episodes', { ...row, id }));
    }
  }

  /** What cannot be read is damaged: then memory answers. */
  #all<T>(toValue: (row: SqlRow) => T, where: string, ...params: SqlParams): T[] {
    const sql = `SELECT * FROM episodes ${where}`;
    return this.#db.read((db) => db.all(sql, ...params).map(toValue));
  }

  #put(row: SqlRow, run: Run): void {
    this.#pending.put(row, run);
    if (row['state'] === 'pending') return;
    this.#pending.forget(row);
    this.#latest = [...this.#latest, pack(row)].slice(-CONTEXT_BURST);
  }

  #retain(nowMs: number, run: Run): void {
    const [after, most] = this.#db.hasFile ? [0, Infinity] : [this.#inFile, MAX_IN_MEMORY];
    // With the +, SQLite looks for the few at the other limit, not at all that are kept.
    const decided = "DELETE FROM episodes WHERE state <> 'pending' AND +id > ? AND";
    run(`${decided} id <= ?`, after, this.#pending.lastId - Math.min(this.#maxDecided, most));
    run(`${decided} at_ms < ?`, after, nowMs - MAX_AGE_MS);
  }
}
