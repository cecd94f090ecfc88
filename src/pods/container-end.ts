import type { Termination } from './pod-directory.ts';

/** metav1.Time has whole seconds. */
export const SECOND_MS = 1000;
/** 128 + SIGKILL, the OOM killer's signal. */
const SIGKILLED = 137;

/** Whether a container that started in that second had certainly done so by some moment. */
export function hadStarted(startedAtMs: number | undefined, atMs: number): boolean {
  return startedAtMs !== undefined && startedAtMs + SECOND_MS <= atMs;
}

/**
 * Whether a container's main process was there at some moment, and ended by SIGKILL then or later, by
 * what the runtime noted. Cut to seconds, the start is taken to be as late and the end as late as it
 * can have been.
 */
export function wasKilledSince(end: Termination | undefined, atMs: number): boolean {
  const { exitCode, startedAtMs, finishedAtMs = -Infinity } = end ?? {};
  const isEndSince = finishedAtMs + SECOND_MS > atMs;
  return exitCode === SIGKILLED && hadStarted(startedAtMs, atMs) && isEndSince;
}
