import {
  asyncScheduler,
  concat,
  defer,
  distinctUntilChanged,
  EMPTY,
  ignoreElements,
  map,
  type Observable,
  repeat,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { heedRetryAfter } from '../retry.ts';
import { type Handle, perform, type PodApi } from './list-and-watch.ts';
import { advance, FIRST_STEP, type ReflectorState, type ReflectorStep } from './reflector-step.ts';

/** client-go tools/cache/reflector.go defaultBackoffInit. */
const FIRST_MS = 800;
/** client-go defaultBackoffMax; with the jitter a wait is at most twice this. */
const MAX_MS = 30_000;
/** client-go defaultBackoffFactor. */
const FACTOR = 2;
/** client-go defaultBackoffJitter: up to this part of the wait is added to it. */
const JITTER = 1;
/**
 * client-go defaultBackoffReset: after this long without a wait the server counts as healthy. (That
 * is what client-go says; since 0.35 its code starts over every two minutes, outage or not.)
 */
const RESET_MS = 120_000;

/** What the reflector takes from outside. */
export interface ReflectorEnv {
  /** In [0, 1). */
  readonly random: () => number;
  readonly scheduler?: SchedulerLike;
  /** Whether pods are known from before a restart: the first list may take its turn. */
  readonly isRestart?: boolean;
}

/**
 * client-go lets a watch that is cut off at once wait up to a minute; a pod's kill would go unnamed
 * for as long on a network that drops connections every second. A server that has just granted a watch
 * can bear it: 1,000 nodes behind a broken balancer are 170 small lists a second.
 */
const SHORT_PAUSE_MS = 4000;

/**
 * Over so long the agents of a cluster spread their lists where all begin one at the same moment: when a
 * DaemonSet starts anew everywhere, and when an API server is back. Those of 5,000 nodes are then 500 a
 * second; client-go's jitter has them within the 0.8 s of its first wait. Who has never listed does not
 * wait: it knows no pod, and a kill no name.
 */
const SPREAD_MS = 10_000;

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
    const pauseMs = ({ pause, pauseAtLeastMs, state }: ReflectorStep): number => {
      if (pause === 'none') return 0;
      const limits =
        pause === 'short' ? { maxMs: SHORT_PAUSE_MS } : { jitterMs: state.synced ? SPREAD_MS : 0 };
      return heedRetryAfter(backoff(scheduler.now(), limits), pauseAtLeastMs);
    };
    const firstMs = env.isRestart === true ? SPREAD_MS * env.random() : 0;

    return concat(
      firstMs > 0 ? timer(firstMs, scheduler).pipe(ignoreElements()) : EMPTY,
      defer(() => perform(api, step.request, handle, { ...env, scheduler })).pipe(
        map((progress) => (step = advance(step, progress))),
        repeat({ delay: () => timer(pauseMs(step), scheduler) }),
        map(({ state }) => state),
        distinctUntilChanged(),
      ),
    );
  });
}

/** `now → how long to wait`, growing with each call up to `maxMs`, plus a jitter of up to itself, or up to `jitterMs`. */
type Backoff = (
  nowMs: number,
  limits?: { readonly maxMs?: number; readonly jitterMs?: number },
) => number;

/**
 * client-go's back-off (apimachinery wait.Backoff.DelayWithReset): 0.8 s doubling to 30 s, each wait
 * stretched by a random part of itself so that the nodes of a cluster do not come back together.
 */
export function watchBackoff(random: () => number): Backoff {
  let nextMs = FIRST_MS;
  let waitedUntilMs = Infinity;
  return (nowMs, { maxMs = MAX_MS, jitterMs = 0 } = {}) => {
    if (nowMs - waitedUntilMs > RESET_MS) nextMs = FIRST_MS;
    const leastMs = Math.min(nextMs, maxMs);
    const waitMs = leastMs + Math.max(leastMs * JITTER, jitterMs) * random();
    nextMs = Math.max(nextMs, Math.min(nextMs * FACTOR, maxMs));
    waitedUntilMs = nowMs + waitMs;
    return waitMs;
  };
}
