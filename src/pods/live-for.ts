import {
  defer,
  EMPTY,
  finalize,
  type Observable,
  type SchedulerLike,
  switchMap,
  take,
  timer,
} from 'rxjs';

/**
 * Emits once `live$` has been true for `waitMs` in all; while it is false no time passes.
 *
 *     live$   --T---F-------T---------
 *     out     -----------------X          (waitMs = 7)
 */
export function liveFor(
  live$: Observable<boolean>,
  waitMs: number,
  scheduler: SchedulerLike,
): Observable<unknown> {
  return defer(() => {
    let leftMs = waitMs;
    return live$.pipe(
      switchMap((live) => {
        if (!live) return EMPTY;
        const sinceMs = scheduler.now();
        return timer(leftMs, scheduler).pipe(
          finalize(() => (leftMs = Math.max(0, leftMs - (scheduler.now() - sinceMs)))),
        );
      }),
      take(1),
    );
  });
}
