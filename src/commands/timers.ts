import type { Clock } from '../kmsg/boot-clock.ts';
import type { PostClock } from '../post/wait-list.ts';

/** The wall clock, with timers that can be taken back. */
export function withTimers({ clock }: { readonly clock: Pick<Clock, 'wallMs'> }): PostClock {
  return {
    wallMs: () => clock.wallMs(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
