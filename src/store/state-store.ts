import { type Observable, Subject } from 'rxjs';
import type { Logger } from '../logger.ts';
import { CorrelatorTable } from './correlator-table.ts';
import { CursorTable } from './cursor-table.ts';
import { EpisodeHistory } from './episode-history.ts';
import { EpisodeTable } from './episode-table.ts';
import { MemoryTable } from './memory-table.ts';
import { NoteTable } from './note-table.ts';
import { stateFile } from './open-database.ts';
import type { Change, Operation, Run } from './operation.ts';
import { OutboxTable } from './outbox-table.ts';
import { StateDatabase } from './state-database.ts';

export interface StoreOptions {
  /** Without one everything is in memory. */
  readonly directory: string | undefined;
  /** What keeps others from the directory; it is let go with the store. */
  readonly lock?: Disposable | undefined;
  /** How many episodes the history keeps. */
  readonly historyMax: number;
  readonly log: Logger;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: () => number;
}

/**
 * What must survive a SIGKILL: how far the log was read, what was decided, and what is yet to be
 * posted. What belongs together is written in one `transaction`.
 *
 * Memory is what is read, and what the agent goes on with whatever happens to the file. A transaction
 * collects operations; once it is certain they are done in memory, and the file gets the statements
 * of all of them in one transaction of its own.
 */
export class StateStore implements Disposable {
  readonly cursor: CursorTable;
  readonly episodes: EpisodeTable;
  readonly history: EpisodeHistory;
  readonly outbox: OutboxTable;
  readonly correlator: CorrelatorTable;
  /** Containers seen lately, by the UIDs of their pods. */
  readonly containers: NoteTable;
  /** How often each container was hurt. */
  readonly kills: NoteTable;
  /** How many Events left the outbox, by seconds, where their number is capped. */
  readonly left: NoteTable;
  readonly notes: NoteTable;
  readonly #db: StateDatabase;
  readonly #lock: Disposable | undefined;
  readonly #rollbacks$ = new Subject<void>();
  #beforeCommit = (): void => undefined;
  /** Those of the transaction under way. */
  #operations: Operation[] | undefined;

  /** Opens the state, or begins one. Never fails: at worst it is in memory, and not `writable`. */
  constructor({ directory, historyMax, log, nowMs, lock }: StoreOptions) {
    this.#lock = lock;
    const path = directory === undefined ? undefined : stateFile(directory);
    const change: Change = (operation) => this.change(operation);
    this.#db = new StateDatabase({ path, log, nowMs });
    const known = new MemoryTable('known', ['kind', 'key'], 'kind');
    this.notes = new NoteTable('note', known, change);
    this.containers = new NoteTable('container', known, change);
    this.kills = new NoteTable('kill', known, change);
    this.left = new NoteTable('left', known, change);
    this.cursor = new CursorTable(this.notes);
    const correlator = new MemoryTable('correlator', ['kind', 'key'], 'kind');
    this.correlator = new CorrelatorTable(correlator, change);
    const outbox = new MemoryTable('outbox', ['id'], 'object_key');
    this.outbox = new OutboxTable(outbox, change);
    this.episodes = new EpisodeTable(this.#db, change, historyMax);
    this.history = new EpisodeHistory(this.#db);
    this.#db.open([known, this.cursor, correlator, outbox, this.episodes]);
  }

  /** False while the state directory was asked for and cannot be written: not ready. */
  get writable(): boolean {
    return this.#db.writable;
  }

  /** Tells when a transaction failed: whoever is ahead of the store goes back to what it has. */
  get rollbacks$(): Observable<void> {
    return this.#rollbacks$;
  }

  /** Has `save` write what must agree with every transaction, as its last part. */
  beforeCommit(save: () => void): void {
    this.#beforeCommit = save;
  }

  /**
   * All of `work` or nothing of it; within another transaction, a part of that. What is read meanwhile
   * is as it was before.
   */
  transaction(work: () => void): void {
    if (this.#operations !== undefined) return work();
    this.#commit(() => {
      work();
      this.#beforeCommit();
    });
  }

  /** Makes a change, in the transaction under way or alone. */
  change(operation: Operation): void {
    if (this.#operations === undefined) this.#commit(() => this.change(operation));
    else this.#operations.push(operation);
  }

  [Symbol.dispose](): void {
    this.#db.close();
    this.#lock?.[Symbol.dispose]();
  }

  #commit(work: () => void): void {
    this.#db.regain();
    const operations: Operation[] = [];
    this.#operations = operations;
    const statements: Parameters<Run>[] = [];
    try {
      work();
      // An operation may make others.
      for (const operation of operations) operation((...statement) => statements.push(statement));
    } catch (error) {
      this.#operations = undefined;
      this.#rollbacks$.next();
      throw error;
    }
    this.#operations = undefined;
    this.#db.write((db) => statements.forEach((statement) => db.run(...statement)));
  }
}
