import type { OomEpisode } from './episode.ts';

/** `oom_rs` in oom_kill_process(), mm/oom_kill.c: DEFAULT_RATELIMIT_BURST contexts an interval. */
export const CONTEXT_BURST = 10;
/** DEFAULT_RATELIMIT_INTERVAL. */
export const CONTEXT_INTERVAL_MS = 5_000;
/**
 * ___ratelimit(), lib/ratelimit.c, lets the interval pass and one jiffy more, the longest being 10 ms
 * (HZ=100); and the jiffies of an idle machine may be one behind.
 */
const TWO_JIFFIES_MS = 20;

/** When the kernel printed the newest reports with context, µs, the oldest first. */
export type PrintedContexts = readonly number[];

/** With one more. */
export function addContext(printed: PrintedContexts, atUs: number): PrintedContexts {
  return [...printed, atUs].slice(-CONTEXT_BURST);
}

/** As if the kernel had just printed all contexts that it prints: what it did print is not known. */
export function noContextsLeft(nowUs: number): PrintedContexts {
  return Array.from({ length: CONTEXT_BURST }, () => nowUs);
}

/** Whether the kernel would certainly have printed the context of a kill at that time. */
export function hasContextsLeft(printed: PrintedContexts, nowUs: number): boolean {
  const [oldestUs = -Infinity] = printed.length < CONTEXT_BURST ? [] : printed;
  return (nowUs - oldestUs) / 1000 >= CONTEXT_INTERVAL_MS + TWO_JIFFIES_MS;
}

/** What had been printed by the last of these episodes, the newest first; all unless they go back far enough. */
export function contextsOf(recent: readonly OomEpisode[]): PrintedContexts {
  const [newestUs, oldestUs] = [recent[0]?.monotonicUs ?? 0, recent.at(-1)?.monotonicUs ?? 0];
  if (newestUs - oldestUs < CONTEXT_INTERVAL_MS * 1000) return noContextsLeft(newestUs);
  const full = recent.filter(({ context }) => context === 'full');
  return full.map(({ monotonicUs }) => monotonicUs).toReversed();
}
