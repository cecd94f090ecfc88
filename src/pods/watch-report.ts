import type { Logger } from '../logger.ts';
import type { Observable, Subscription } from 'rxjs';
import type { ReflectorState } from './reflector-step.ts';

/** A watch that breaks and is opened again at the first try is daily business. */
const FAILURES_IN_A_ROW = 2;

/**
 * Says why the pods are not known: once when list and watch go on failing, once when they are watched
 * again. Kills wait for their pods meanwhile.
 */
export function reportWatch(state$: Observable<ReflectorState>, log: Logger): Subscription {
  let failuresWhenLive = 0;
  let refused = 0;
  let isSaid = false;
  return state$.subscribe((state) => {
    const { live, failures, lastError: err } = state;
    if (live) {
      if (isSaid) log.info({ failures }, 'the pods of this node are watched again');
      failuresWhenLive = failures;
      isSaid = false;
    } else if (!isSaid && failures - failuresWhenLive >= FAILURES_IN_A_ROW) {
      log.warn({ err }, 'cannot list or watch the pods of this node: kills wait for that');
      isSaid = true;
    }
    if (state.refused > refused)
      log.warn({ err }, 'a pod that the API server told was passed over');
    refused = state.refused;
  });
}
