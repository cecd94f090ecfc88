import { type Check, check, ok } from './check.ts';

/**
 * The tracepoint `oom:mark_victim` can be had.
 *
 * @param probe tries it as `run` would: whether it tells names; throws a RecorderError
 */
export function tracefsCheck(root: string, probe: () => boolean): Check {
  return check('tracefs', () => {
    const told = probe() ? 'names and sizes' : 'pids alone';
    return ok(`${root} has oom:mark_victim, which tells ${told}`);
  });
}
