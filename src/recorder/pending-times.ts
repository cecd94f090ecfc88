import type { Subscription } from 'rxjs';
import type { PodNews } from '../pods/live-attributor.ts';
import type { Clock } from '../clock.ts';
import { Alarm } from './alarm.ts';
import type { PendingEpisode, PendingIndex } from './pending-index.ts';
import { WatchedTime } from './watched-time.ts';

/** An Event a day late helps nobody; the outbox gives up then, too. */
const MAX_PENDING_MS = 24 * 60 * 60_000;
/** Who was away that long, or has a clock that was set, lists the pods first. */
const MIN_PENDING_MS = 60_000;

/** One timer for all that is pending: it rings when the time of one of them is over. */
export class PendingTimes {
  readonly #index: PendingIndex;
  readonly #clock: Clock;
  readonly #watched: WatchedTime;
  readonly #alarm: Alarm;
  readonly #watching: Subscription;
  readonly #onTime: (keys: readonly string[]) => void;
  /** When the alarm rings, on the monotonic clock. */
  #ringsAtMs = Infinity;

  /** @param onTime told of those whose time is over; `plan` is to be called when they were looked at */
  constructor(
    index: PendingIndex,
    clock: Clock,
    live$: PodNews['live$'],
    onTime: (keys: readonly string[]) => void,
  ) {
    this.#index = index;
    this.#clock = clock;
    this.#watched = new WatchedTime(clock);
    this.#onTime = onTime;
    this.#alarm = new Alarm(clock, () => this.#ring());
    this.#watching = live$.subscribe((isLive) => {
      this.#watched.run(isLive);
      this.plan();
    });
  }

  /** Whether they are watched now: while they are not, that time stands still. */
  get isWatched(): boolean {
    return this.#watched.isRunning;
  }

  /** For how long the pods have been watched. */
  get watchedMs(): number {
    return this.#watched.ms;
  }

  /** When the day is over of one that entered the store at that wall time, on the monotonic clock. */
  giveUpAtMs(enteredMs: number): number {
    const leftMs = enteredMs + MAX_PENDING_MS - this.#clock.wallMs();
    const waitMs = Math.min(Math.max(leftMs, MIN_PENDING_MS), MAX_PENDING_MS);
    return this.#clock.monotonicMs() + waitMs;
  }

  /** Sets the timer anew: times have changed. */
  plan(): void {
    this.#ringsAtMs = Infinity;
    this.#alarm.set(undefined);
    for (const [key] of this.#index.entries()) this.include(key);
  }

  /** Sets the timer, if need be, so that it rings for this one as well. */
  include(key: string): void {
    const atMs = this.#atMs(key);
    if (atMs >= this.#ringsAtMs) return;
    this.#ringsAtMs = atMs;
    this.#alarm.set(this.#clock.wallMs() + atMs - this.#clock.monotonicMs());
  }

  stop(): void {
    this.#watching.unsubscribe();
    this.#alarm.set(undefined);
  }

  /** The alarm looks at the clock once an hour, and then nobody's time need be over. */
  #ring(): void {
    this.#ringsAtMs = Infinity;
    const nowMs = this.#clock.monotonicMs();
    const over = [...this.#index.entries()]
      .map(([key]) => key)
      .filter((key) => this.#atMs(key) <= nowMs);
    if (over.length > 0) this.#onTime(over);
    else this.plan();
  }

  /** Whose turn it is not, its time comes when the one before it is decided. */
  #atMs(key: string): number {
    const pending = this.#index.get(key);
    if (pending === undefined || !this.#index.isNext(key)) return Infinity;
    return Math.min(this.#dueAtMs(pending), pending.giveUpAtMs);
  }

  #dueAtMs({ dueMs }: PendingEpisode): number {
    if (!this.#watched.isRunning) return Infinity;
    return this.#clock.monotonicMs() + dueMs - this.#watched.ms;
  }
}
