import type { Logger } from '../logger.ts';
import type { Observable, Subscription } from 'rxjs';
import type { ReflectorState } from './reflector-step.ts';

/** A watch that breaks and is opened again at the first try is daily business. */
const FAILURES_IN_A_ROW = 2;

/** Why the pods are not known, in a few words; nothing where they are. */
export function watchProblem(state: ReflectorState): string | undefined {
  const { synced, failuresInARow } = state;
  if (!synced) return 'the pods are not listed yet';
  if (failuresInARow >= FAILURES_IN_A_ROW) return 'the pods cannot be listed or watched';
  return undefined;
}

/** How many were passed over; no {@link watchProblem}: whoever may create a pod can make it too large. */
export function skippedPods({ skipped }: ReflectorState): string | undefined {
  return skipped > 0 ? `pods or changes of pods passed over as too large: ${skipped}` : undefined;
}

/**
 * Says why the pods are not known: once when list and watch go on failing, once when they are watched
 * again; once when pods are passed over, once when none is. Kills wait for their pods meanwhile.
 */
export function reportWatch(state$: Observable<ReflectorState>, log: Logger): Subscription {
  let isSaid = false;
  let areSkipped = false;
  return state$.subscribe(({ live, failures, failuresInARow, skipped, lastError: err }) => {
    if (live) {
      if (isSaid) log.info({ failures }, 'the pods of this node are watched again');
      isSaid = false;
    } else if (!isSaid && failuresInARow >= FAILURES_IN_A_ROW) {
      log.warn({ err }, 'cannot list or watch the pods of this node: kills wait for that');
      isSaid = true;
    }
    if (skipped > 0 && !areSkipped) {
      log.warn({ err, skipped }, 'a pod that the API server told was passed over');
    }
    if (skipped === 0 && areSkipped) log.info({}, 'no pod of this node is passed over any more');
    areSkipped = skipped > 0;
  });
}
