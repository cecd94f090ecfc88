import type { RowMap } from './row-map.ts';

/** What the clock remembers; plain JSON. */
export interface ClockState {
  /** The latest time it ever showed. */
  readonly nowMs: number;
  /** What it adds to a wall time, since a wall clock was set back. */
  readonly offsetMs: number;
}

/** 24 h: an episode may wait that long for its attribution and then comes out of order. */
const MAX_DISORDER_MS = 24 * 60 * 60 * 1000;

/** The clock is a single row. */
const ONLY_KEY = '';
const NEVER_SET: ClockState = { nowMs: -Infinity, offsetMs: 0 };

/**
 * The correlator's clock after a kill at the wall time `atMs`: it never goes backwards.
 *
 * A kill that comes late is handled at the latest time seen. A wall time further back than any
 * late kill can be is a wall clock that was set: a node that boots with its clock in 2040 must not
 * stop its token buckets until then, so the clock goes on from where it stands.
 */
export function advanceClock(before: ClockState | undefined, atMs: number): ClockState {
  if (before === undefined) return { nowMs: atMs, offsetMs: 0 };
  const atNowMs = atMs + before.offsetMs;
  if (atNowMs >= before.nowMs) return { ...before, nowMs: atNowMs };
  if (before.nowMs - atNowMs <= MAX_DISORDER_MS) return before;
  return { nowMs: before.nowMs, offsetMs: before.nowMs - atMs };
}

/** The one clock of the correlator. */
export class KillClock {
  readonly #state: RowMap<ClockState>;

  constructor(state: RowMap<ClockState>) {
    this.#state = state;
  }

  /** A kill, or a timer, at the wall time `atMs`: the time to decide by. */
  advance(atMs: number): number {
    const state = advanceClock(this.#state.get(ONLY_KEY), atMs);
    this.#state.replace(ONLY_KEY, state);
    return state.nowMs;
  }

  /** The wall time at which this clock will show `clockMs`; now, where it is past that already. */
  wallTimeOf(clockMs: number): number {
    const { nowMs, offsetMs } = this.#state.get(ONLY_KEY) ?? NEVER_SET;
    return Math.max(clockMs, nowMs) - offsetMs;
  }
}
