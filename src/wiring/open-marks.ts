import type { OnExit } from '../kmsg/poll.ts';
import type { Logger } from '../logger.ts';
import type { Marks, MarkSource } from '../oom/join-marks.ts';
import { VictimTrace } from '../tracefs/victim-trace.ts';

export interface ConfirmOptions {
  /** What is read beside the kernel log. */
  readonly confirm?: 'tracefs';
  /** Where tracefs is mounted. */
  readonly tracefsRoot: string;
}

const NOTHING: Marks = { victims: [], lost: 0 };

/**
 * The second source, where it is wanted. If it breaks, kills are told by the log alone again.
 *
 * @throws TracefsError
 */
export function openMarks(
  { confirm, tracefsRoot }: ConfirmOptions,
  log: Logger,
  onExit: OnExit,
): (MarkSource & Disposable) | undefined {
  if (confirm === undefined) return undefined;
  const trace = VictimTrace.open(tracefsRoot, onExit);
  let isBroken = false;
  const read = (): Marks => {
    if (isBroken) return NOTHING;
    try {
      return trace.read();
    } catch (err) {
      isBroken = true;
      log.error({ err }, 'the tracepoint can no longer be read: kills are told by the log alone');
      return NOTHING;
    }
  };
  return { read, [Symbol.dispose]: () => trace[Symbol.dispose]() };
}
