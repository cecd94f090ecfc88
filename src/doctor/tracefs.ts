import { type Check, ok } from './check.ts';

/**
 * The tracepoint `oom:mark_victim` can be had.
 *
 * @param open opens it as `run` does and closes it again: whether it tells names; throws a RecorderError
 */
export function tracefsCheck(root: string, open: () => boolean): Check {
  return {
    name: 'tracefs',
    look: () => {
      const told = open() ? 'names and sizes' : 'pids alone';
      return ok(`${root} has oom:mark_victim, which tells ${told}`);
    },
  };
}
