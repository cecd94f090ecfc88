import { join } from 'node:path';
import type { Edge } from '../edge.ts';
import type { LogKind } from '../kmsg/kernel-log.ts';
import type { Log } from '../log.ts';
import { decideStart, type Start, type StartAt } from '../recorder/decide-start.ts';
import { lockState } from '../store/state-lock.ts';
import { StateStore } from '../store/state-store.ts';

export interface StateOptions {
  readonly stateDir?: string;
  readonly startAt?: StartAt;
  readonly historyMax: number;
}

/** A store, and what keeps others from it. */
export interface OpenedStore extends Disposable {
  readonly store: StateStore;
}

/**
 * What is printed has a state of its own: an agent that finds no cluster must not take for printed
 * what waits for one.
 */
const PRINTED = 'printed';

/** @throws StateLockedError */
export function openStore(
  { stateDir, historyMax }: StateOptions,
  isPrinting: boolean,
  log: Log,
  { clock }: Pick<Edge, 'clock'>,
): OpenedStore {
  const directory = stateDir !== undefined && isPrinting ? join(stateDir, PRINTED) : stateDir;
  const lock = directory === undefined ? undefined : lockState(directory);
  const store = new StateStore({ directory, historyMax, log, nowMs: () => clock.wallMs() });
  return {
    store,
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
      lock?.[Symbol.dispose]();
    },
  };
}

/** Where in the log to begin. */
export function startOf(
  { stateDir, startAt = stateDir === undefined ? 'now' : 'boot' }: StateOptions,
  kind: LogKind,
  bootId: string,
  { cursor }: StateStore,
): Start {
  return decideStart({ cursor: cursor.read(), bootId, startAt, isSavedLog: kind === 'saved' });
}
