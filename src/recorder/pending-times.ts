import type { Subscription } from 'rxjs';
import type { PodNews } from '../pods/live-attributor.ts';
import type { Clock } from '../clock.ts';
import { Alarm } from './alarm.ts';
import type { PendingEpisode, PendingIndex, PendingTime } from './pending-index.ts';

/** An Event a day late helps nobody; the outbox gives up then, too. */
const MAX_PENDING_MS = 24 * 60 * 60_000;
/** Who was away that long, or has a clock that was set, lists the pods first. */
const MIN_PENDING_MS = 60_000;

/** One timer for all that is pending: it rings when the time of one of them is over. */
export class PendingTimes {
  readonly #index: PendingIndex;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #watching: Subscription;
  readonly #onTime: (places: readonly string[]) => void;
  /** For how long they had been watched before they are now. */
  #watchedBeforeMs = 0;
  /** Since when they are watched; absent while they are not. */
  #watchedSinceMs: number | undefined;

  /** @param onTime told where the time of one is over; `plan` is to be called when that was looked at */
  constructor(
    index: PendingIndex,
    clock: Clock,
    live$: PodNews['live$'],
    onTime: (places: readonly string[]) => void,
  ) {
    this.#index = index;
    this.#clock = clock;
    this.#onTime = onTime;
    this.#alarm = new Alarm(clock, () => this.#ring());
    this.#watching = live$.subscribe((isLive) => {
      this.#watchedBeforeMs = this.watchedMs;
      this.#watchedSinceMs = isLive ? clock.monotonicMs() : undefined;
      this.plan();
    });
  }

  /** Whether the pods are watched now. */
  get isWatched(): boolean {
    return this.#watchedSinceMs !== undefined;
  }

  /**
   * For how long the pods have been watched. While they are not, it stands still: time without a watch
   * proves nothing about what is not in it.
   *
   *     live   --T---F-------T------
   *     ms       0---4-------4-----9
   */
  get watchedMs(): number {
    const nowMs = this.#clock.monotonicMs();
    return this.#watchedBeforeMs + nowMs - (this.#watchedSinceMs ?? nowMs);
  }

  /**
   * The wait of one begins: until the pods were watched for so long, and for a day at most.
   *
   * @param enteredMs the wall time at which it entered the store
   */
  begin(enteredMs: number, patienceMs: number): PendingTime {
    const leftMs = enteredMs + MAX_PENDING_MS - this.#clock.wallMs();
    const waitMs = Math.min(Math.max(leftMs, MIN_PENDING_MS), MAX_PENDING_MS);
    const sinceMs = this.watchedMs;
    const giveUpAtMs = this.#clock.monotonicMs() + waitMs;
    return { sinceMs, dueMs: sinceMs + patienceMs, giveUpAtMs };
  }

  /** Sets the timer anew: times have changed. Whose turn it is not, its time comes when the one before it is decided. */
  plan(): void {
    const atMs = Math.min(...Array.from(this.#index.turns(), (pending) => this.#atMs(pending)));
    this.#alarm.set(this.#wallMsOf(atMs));
  }

  /** Sets the timer, if need be, so that it rings for this one as well. */
  include(pending: PendingEpisode): void {
    this.#alarm.setBy(this.#wallMsOf(this.#atMs(pending)));
  }

  stop(): void {
    this.#watching.unsubscribe();
    this.#alarm.set(undefined);
  }

  /** The alarm looks at the clock once an hour, and then nobody's time need be over. */
  #ring(): void {
    const nowMs = this.#clock.monotonicMs();
    const over = [...this.#index.turns()].filter((pending) => this.#atMs(pending) <= nowMs);
    if (over.length > 0) this.#onTime(over.map(({ place }) => place));
    else this.plan();
  }

  /** The alarm's time. */
  #wallMsOf(atMs: number): number | undefined {
    return atMs === Infinity ? undefined : this.#clock.wallMs() + atMs - this.#clock.monotonicMs();
  }

  #atMs({ dueMs, giveUpAtMs }: PendingEpisode): number {
    if (!this.isWatched) return giveUpAtMs;
    return Math.min(this.#clock.monotonicMs() + dueMs - this.watchedMs, giveUpAtMs);
  }
}
