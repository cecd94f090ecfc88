import type { Observable } from 'rxjs';
import { CONTEXT_BURST } from '../oom/context-ratelimit.ts';
import type { OomEpisode } from '../oom/episode.ts';
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
  readonly #pending = new MemoryTable('episodes', ['boot_id', 'sequence'], 'boot_id', LOADED);
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

  load(db: PreparedDatabase): () => void {
    return this.#pending.load(db);
  }

  save(db: PreparedDatabase): void {
    this.#inFile = this.#pending.lastId;
    this.#pending.save(db);
  }

  /**
   * One keeps its id where the file never gave that; else it gets one that neither gave: whoever follows
   * the history by them would miss what comes. What a file that was never read says of one is from
   * before, unless it says that it does not know yet.
   */
  bring(db: PreparedDatabase, standIn: PreparedDatabase, isUnread: boolean): void {
    const lastInFile = lastIdIn(db, 'episodes');
    let lastId = Math.max(this.#pending.lastId, lastInFile);
    for (const row of standIn.each('SELECT * FROM episodes ORDER BY id')) {
      const sql = `SELECT id, state FROM episodes ${OF_SEQUENCE}`;
      const [known] = db.all(sql, row['boot_id'] ?? null, row['sequence'] ?? null);
      if (isUnread && known !== undefined && known['state'] !== 'pending') continue;
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
