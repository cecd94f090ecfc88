import type { Termination } from './pod-directory.ts';

/** metav1.Time has whole seconds. */
export const SECOND_MS = 1000;
/** 128 + SIGKILL, the OOM killer's signal. */
const SIGKILLED = 137;

/**
 * Whether a container's main process was there at some moment, and ended by SIGKILL then or later, by
 * what the runtime noted. Cut to seconds, the start is taken to be as late and the end as late as it
 * can have been.
 */
export function wasKilledSince(end: Termination | undefined, atMs: number): boolean {
  const { exitCode, startedAtMs = Infinity, finishedAtMs = -Infinity } = end ?? {};
  const hasBegun = startedAtMs + SECOND_MS <= atMs;
  return exitCode === SIGKILLED && hasBegun && finishedAtMs + SECOND_MS > atMs;
}
