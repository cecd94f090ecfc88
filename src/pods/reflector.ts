import {
  asyncScheduler,
  defer,
  distinctUntilChanged,
  map,
  type Observable,
  repeat,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { heedRetryAfter } from '../retry.ts';
import { type Handle, perform } from './list-and-watch.ts';
import type { PodApi } from './pod-api.ts';
import { advance, FIRST_STEP, type ReflectorState, type ReflectorStep } from './reflector-step.ts';
import { watchBackoff } from './watch-backoff.ts';

/** What the reflector takes from outside. */
export interface ReflectorEnv {
  /** In [0, 1). */
  readonly random: () => number;
  readonly scheduler?: SchedulerLike;
}

/**
 * client-go lets a watch that is cut off at once wait up to a minute; a pod's kill would go unnamed
 * for as long on a network that drops connections every second. A server that has just granted a watch
 * can bear it: 1,000 nodes behind a broken balancer are 170 small lists a second.
 */
const SHORT_PAUSE_MS = 4000;

/**
 * Tells `handle` everything the API server says about this node's pods, for as long as it is
 * subscribed: one list, then a watch from there, renewed for ever. Emits its state as that changes;
 * never completes, never fails. Idle it holds one watch and one timer.
 *
 *     list(0) ─▶ watch(rv) ─ends─▶ watch(rv') ─410─▶ list(rv'') ─▶ watch …
 *
 * A change that `handle` throws at is counted and passed over, as client-go does; a list it throws at
 * is asked for again.
 *
 * @see client-go tools/cache/reflector.go ListAndWatch (list, then watch; not watch-list)
 */
export function reflectPods(
  api: PodApi,
  handle: Handle,
  env: ReflectorEnv,
): Observable<ReflectorState> {
  const scheduler = env.scheduler ?? asyncScheduler;
  return defer(() => {
    let step = FIRST_STEP;
    const backoff = watchBackoff(env.random);
    const pauseMs = ({ pause, pauseAtLeastMs }: ReflectorStep): number => {
      if (pause === 'none') return 0;
      const waitMs = backoff(scheduler.now(), pause === 'short' ? SHORT_PAUSE_MS : undefined);
      return heedRetryAfter(waitMs, pauseAtLeastMs);
    };

    return defer(() => perform(api, step.request, handle, { ...env, scheduler })).pipe(
      map((progress) => (step = advance(step, progress))),
      repeat({ delay: () => timer(pauseMs(step), scheduler) }),
      map(({ state }) => state),
      distinctUntilChanged(),
    );
  });
}
