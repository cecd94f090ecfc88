/** What time it is. */
export interface Time {
  /** ms since the epoch; may be set at any moment. */
  wallMs(): number;
  /** CLOCK_MONOTONIC in ms: since boot, as `process.hrtime` counts. Not `performance.now`. Never set. */
  monotonicMs(): number;
}

/** Time, and how to wait. The real one comes from `main.ts`; a test's passes when the test says so. */
export interface Clock extends Time {
  /** Runs something once, later. @returns what cancels it */
  after(delayMs: number, run: () => void): () => void;
}

/** Waits until something is done, for `ms` at most. */
export async function within(
  clock: Pick<Clock, 'after'>,
  ms: number,
  done: Promise<void> | undefined,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  await Promise.race([late, done]).finally(cancel);
}

/** Waits for so long, or until the signal. */
export async function pause(
  clock: Pick<Clock, 'after'>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const cancel = clock.after(ms, end);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  await promise;
  cancel();
  signal.removeEventListener('abort', end);
}
