import { readSync } from 'node:fs';
import { catchError, map, throwError } from 'rxjs';
import type { KmsgOptions } from '../kmsg/device.ts';
import { drainLog, type KmsgDevice } from '../kmsg/drain-log.ts';
import type { KmsgFile } from '../kmsg/kmsg-file.ts';
import { DescriptorPoll, type OnExit } from '../kmsg/poll.ts';
import { realTime } from '../kmsg/real-time.ts';
import type { Drained, RawRecord } from '../kmsg/record.ts';
import type { ReadMarks } from '../oom/seen-mark.ts';
import { TracefsError } from './tracefs-error.ts';
import { type TracefsPlace, VictimTrace } from './victim-trace.ts';

/** The tracepoint as a source of its own: marks, and the moments when there are no more. */
export type VictimDevice = KmsgDevice<ReadMarks | Drained>;

export interface VictimDeviceOptions extends Omit<KmsgOptions, 'path'> {
  readonly place: TracefsPlace;
}

/**
 * The tracepoint `oom:mark_victim`, read as the kernel's log is: drained, then waited for in poll(2), without a
 * timer. What cannot be opened, or ends, errors the Observable with a TracefsError.
 */
export function openVictims(options: VictimDeviceOptions): VictimDevice {
  const { place, onExit, onOpened } = options;
  let trace: VictimTrace | undefined;
  const open = (): KmsgFile => {
    trace = VictimTrace.open(place, onExit);
    onOpened?.();
    return fileOf(trace, onExit);
  };
  const device = drainLog({ ...options, open, runAhead: realTime() });
  return {
    ...device,
    reads$: device.reads$.pipe(
      map((read) => (read.kind === 'drained' ? read : marksIn(read, trace))),
      catchError((cause: unknown) => throwError(() => translated(cause, place))),
    ),
  };
}

/** `trace_pipe` says what /dev/kmsg does: EAGAIN where there is nothing, and something readable in poll(2). */
function fileOf(trace: VictimTrace, onExit: OnExit): KmsgFile {
  const poll = new DescriptorPoll(trace.pipe, onExit);
  return {
    path: trace.path,
    read: (buffer) => readSync(trace.pipe, buffer),
    wait: (onReturn) => poll.wait(onReturn),
    nudge: () => poll.nudge(),
    close: () => poll.close(() => trace[Symbol.dispose]()),
  };
}

function marksIn({ bytes }: RawRecord, trace: VictimTrace | undefined): ReadMarks {
  const marks = trace?.lines.take(bytes.toString('latin1'));
  return { kind: 'marks', victims: [], lost: 0, ...marks };
}

function translated(cause: unknown, { root, instance }: TracefsPlace): unknown {
  return cause instanceof TracefsError ? cause : new TracefsError(instance ?? root, cause);
}
