import type { OnExit } from '../kmsg/poll.ts';
import type { Logger } from '../logger.ts';
import type { Marks, MarkSource } from '../oom/join-marks.ts';
import { type TracefsPlace, VictimTrace } from '../tracefs/victim-trace.ts';

export interface TracefsOptions {
  /** Where tracefs is mounted. */
  readonly tracefsRoot: string;
  /** An instance there that stays. */
  readonly tracefsInstance?: string;
}

export interface ConfirmOptions extends TracefsOptions {
  /** What is read beside the kernel log. */
  readonly confirm?: 'tracefs';
}

/** Where the tracepoint is, by the flags. */
export function tracefsPlace({ tracefsRoot, tracefsInstance }: TracefsOptions): TracefsPlace {
  return { root: tracefsRoot, instance: tracefsInstance };
}

const NOTHING: Marks = { victims: [], lost: 0 };

/**
 * The second source, where it is wanted. If it breaks, kills are told by the log alone again.
 *
 * @throws TracefsError
 */
export function openMarks(
  options: ConfirmOptions,
  log: Logger,
  onExit: OnExit,
): (MarkSource & Disposable) | undefined {
  if (options.confirm === undefined) return undefined;
  const trace = VictimTrace.open(tracefsPlace(options), onExit);
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
