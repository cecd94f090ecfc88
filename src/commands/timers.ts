import type { Clock } from '../kmsg/boot-clock.ts';
import type { PostClock } from '../post/wait-list.ts';

/** The clocks, with timers that can be taken back. */
export function withTimers({ clock }: { readonly clock: Clock }): PostClock {
  return {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
