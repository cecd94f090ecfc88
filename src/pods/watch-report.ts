import type { Logger } from '../logger.ts';
import type { Observable, Subscription } from 'rxjs';
import type { ReflectorState } from './reflector-step.ts';

/** A watch that breaks and is opened again at the first try is daily business. */
const FAILURES_IN_A_ROW = 2;

/** What is not known of the pods, in a few words; nothing where all is well. */
export function watchProblem(state: ReflectorState): string | undefined {
  const { synced, failuresInARow, skipped } = state;
  if (!synced) return 'the pods are not listed yet';
  if (failuresInARow >= FAILURES_IN_A_ROW) return 'the pods cannot be listed or watched';
  if (skipped > 0) return `pods or changes of pods passed over as too large: ${skipped}`;
  return undefined;
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
