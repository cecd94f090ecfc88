import { lastValueFrom, type Observable, Subject, takeUntil, tap } from 'rxjs';

/** A watch under way. */
export interface Watching {
  /** Episodes that wait for the consumer, and how many may. */
  readonly buffer: { readonly waiting: number; readonly capacity: number };
  /** Whether it turns over: reads that returned, and how to ask for one more. */
  readonly reader: { readonly reads: number; nudge(): void };
  /** Settles when what is read ends or the watch is stopped; fails when the reader or the consumer does. */
  readonly done: Promise<void>;
  /** Ends the watch at once: what has not been recorded is still where it was read from. */
  stop(): void;
}

/** What is read from, as far as every watch needs it. */
interface Device<T> {
  readonly reads$: Observable<T>;
  nudge(): void;
}

/**
 * Both ends of a watch: what the device reads, counted, and the watch that what becomes of it is.
 *
 * @param buffer where episodes wait in between
 */
export function watchOf<T>(device: Device<T>, buffer: Watching['buffer']) {
  let reads = 0;
  const stopped$ = new Subject<void>();
  return {
    reads$: device.reads$.pipe(tap(() => (reads += 1))),
    until: (recorded$: Observable<void>): Watching => ({
      buffer,
      reader: {
        get reads() {
          return reads;
        },
        nudge: () => device.nudge(),
      },
      done: lastValueFrom(recorded$.pipe(takeUntil(stopped$)), { defaultValue: undefined }),
      stop: () => stopped$.next(),
    }),
  };
}
