import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

/** Real time, `factor` times as fast: for tests in which a real server meets minutes of patience. */
export function hurriedScheduler(factor: number): SchedulerLike {
  function schedule<T>(
    work: (this: SchedulerAction<T>, state?: T) => void,
    delayMs?: number,
    state?: T,
  ): Subscription {
    return asyncScheduler.schedule<T | undefined>(work, (delayMs ?? 0) / factor, state);
  }
  return { now: () => performance.now() * factor, schedule };
}
