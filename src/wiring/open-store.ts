import { join } from 'node:path';
import type { Edge } from '../edge.ts';
import { type LogKind, openToSeek } from '../kmsg/kernel-log.ts';
import { lastSequence } from '../kmsg/last-sequence.ts';
import type { Logger } from '../logger.ts';
import { decideStart, type Start, type StartAt } from '../recorder/decide-start.ts';
import { expectDirectory } from '../store/make-directory.ts';
import { lockState } from '../store/state-lock.ts';
import { StateStore } from '../store/state-store.ts';

export interface StateOptions {
  readonly stateDir?: string;
  /** A state directory that can never work costs what a restart forgets, and not the agent. */
  readonly stateOptional?: boolean;
  readonly startAt?: StartAt;
  readonly historyMax: number;
}

/**
 * What is printed has a state of its own: an agent that finds no cluster must not take for printed
 * what waits for one.
 */
const PRINTED = 'printed';

/** Where the state is; `undefined` is in memory. */
export function stateDirectory(
  { stateDir }: Pick<StateOptions, 'stateDir'>,
  isPrinting: boolean,
): string | undefined {
  return stateDir !== undefined && isPrinting ? join(stateDir, PRINTED) : stateDir;
}

/** Nobody else has it until it is disposed of. @throws StateDirectoryError, StateLockedError */
export function openStore(
  options: StateOptions,
  isPrinting: boolean,
  log: Logger,
  { clock }: Pick<Edge, 'clock'>,
): StateStore {
  const { historyMax, stateOptional = false } = options;
  const directory = stateDirectory(options, isPrinting);
  if (directory !== undefined && !stateOptional) expectDirectory(directory);
  const lock = directory === undefined ? undefined : lockState(directory);
  return new StateStore({ directory, historyMax, log, nowMs: () => clock.wallMs(), lock });
}

/** Where in the log to begin. @throws KmsgReadError */
export function startOf(
  options: StateOptions & { readonly kmsg: string },
  kind: LogKind,
  bootId: string,
  { cursor }: StateStore,
): Start {
  const { kmsg, stateDir, startAt = stateDir === undefined ? 'now' : 'boot' } = options;
  return decideStart({
    cursor: cursor.read(),
    bootId,
    startAt,
    lastSequence: kind === 'saved' ? undefined : () => lastSequence(() => openToSeek(kmsg)),
  });
}
