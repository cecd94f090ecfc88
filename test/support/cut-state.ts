import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateStore } from '../../src/store/state-store.ts';
import { FastDirectory } from './fast-directory.ts';
import { killEvent, START_MS } from './kill-event.ts';
import { makeEpisode } from './make-episode.ts';
import { MemoryLog } from './memory-log.ts';
import { latestEpisodes } from './latest-episodes.ts';

/** What a SIGKILL, or an orderly end, leaves in a state directory. */
export interface LeftState {
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly transactions: number;
}

export const PAGE_BYTES = 4096;
/** https://sqlite.org/fileformat2.html#the_write_ahead_log */
export const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
export const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;

const EMPTY = Buffer.alloc(0);
const MAIN = 'state.db';
const WAL = 'state.db-wal';
const BOOT = 'boot-1';
const TRANSACTIONS = 3;

/**
 * A state at the moments that differ: all of it in the WAL; moved to the main file, with the WAL
 * still there; the WAL written again from its head; and closed.
 */
export function leftStates(): LeftState[] {
  using fast = new FastDirectory();
  const directory = fast.path;
  const { store } = openStore(directory);
  using _ = store;
  recordMore(store, 0);
  const young = left(directory, 'young', TRANSACTIONS);
  return [young, ...laterStates(young)];
}

/** A second connection says when the WAL goes to the main file; the store writes it again then. */
function laterStates(young: LeftState): LeftState[] {
  using fast = new FastDirectory();
  const directory = fast.path;
  put(directory, young.files);
  using db = new DatabaseSync(join(directory, MAIN));
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  const checkpointed = left(directory, 'checkpointed', TRANSACTIONS);
  const { store } = openStore(directory);
  recordMore(store, TRANSACTIONS);
  const again = left(directory, 'begun again', 2 * TRANSACTIONS);
  db.close();
  store[Symbol.dispose]();
  return [checkpointed, again, left(directory, 'closed', 2 * TRANSACTIONS)];
}

function recordMore(store: StateStore, from: number): void {
  for (let n = 1; n <= TRANSACTIONS; n += 1) record(store, from + n);
}

function left(directory: string, name: string, transactions: number): LeftState {
  const names = readdirSync(directory).filter((file) => file === MAIN || file === WAL);
  const files = names.map((file) => [file, readFileSync(join(directory, file))] as const);
  return { name, transactions, files: Object.fromEntries(files) };
}

function put(directory: string, files: LeftState['files']): void {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes);
}

/**
 * Opens what is left of a state when one of its files ends at `size`, and works with it.
 *
 * The main file is there as a whole, or moved aside and said. A WAL that ends early is what a crash
 * leaves: the state is as it was after an earlier transaction, no earlier than the last whole one.
 *
 * @returns what is wrong
 */
export function openCut(state: LeftState, file: string, size: number): string[] {
  using fast = new FastDirectory();
  const directory = fast.path;
  put(directory, { ...state.files, [file]: state.files[file]?.subarray(0, size) ?? EMPTY });
  const { store, log } = openStore(directory);
  using _ = store;
  const isAside = readdirSync(directory).some((name) => name.includes('.corrupt-'));
  const whole = state.transactions - (file === WAL ? commitsBeyond(state.files[WAL], size) : 0);
  const found = transactionsIn(store);
  const wrong: string[] = [];
  const check = (isRight: boolean, what: string): void => {
    if (!isRight) wrong.push(`${state.name}, ${file} cut at ${size}: ${what}`);
  };
  check(new Set(found).size === 1, `half a transaction is there: ${found.join(', ')}`);
  check(isAside || Math.min(...found) >= whole, `${whole} are whole, ${found[0]} are there`);
  check(isAside === log.codes().includes('E_STATE_CORRUPT'), `it says ${log.codes().join()}`);
  record(store, 99);
  check(store.outbox.waiting().rows === (found[0] ?? 0) + 1, 'it takes nothing');
  check(store.writable, 'it is not writable');
  return wrong;
}

/** How many transactions each table remembers. */
function transactionsIn(store: StateStore): number[] {
  return [
    store.cursor.read()?.sequence ?? 0,
    latestEpisodes(store, 99).length,
    store.outbox.waiting().rows,
    store.correlator.rows().length,
  ];
}

/** Frames of an earlier round have other salts; a commit says how large the database is then. */
function commitsBeyond(wal: Buffer | undefined, size: number): number {
  if (wal === undefined) return 0;
  const salts = wal.subarray(16, 24);
  let commits = 0;
  for (let at = WAL_HEADER_BYTES; at + FRAME_BYTES <= wal.length; at += FRAME_BYTES) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    if (wal.readUInt32BE(at + 4) > 0 && at + FRAME_BYTES > size) commits += 1;
  }
  return commits;
}

function openStore(directory: string): { store: StateStore; log: MemoryLog } {
  const log = new MemoryLog();
  const store = new StateStore({ directory, historyMax: 100, log, nowMs: () => START_MS });
  return { store, log };
}

function record(store: StateStore, sequence: number): void {
  store.transaction(() => {
    store.cursor.advance({ bootId: BOOT, sequence, backlogUntil: -1 });
    store.episodes.add({
      bootId: BOOT,
      state: 'recorded',
      enteredMs: START_MS,
      episode: makeEpisode({ sequence }),
    });
    const event = killEvent({ atMs: 0, id: sequence, pod: `pod-${sequence}` });
    store.outbox.add({ verb: 'create', event }, START_MS);
    store.correlator.apply([
      { kind: 'bucket', key: `${sequence}`, order: sequence, value: { tokens: 1, lastMs: 2 } },
    ]);
  });
}
