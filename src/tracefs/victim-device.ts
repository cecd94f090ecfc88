import { readSync } from 'node:fs';
import { catchError, map, type Observable, throwError } from 'rxjs';
import { drainLog, type DrainOptions } from '../kmsg/drain-log.ts';
import type { KmsgFile } from '../kmsg/kmsg-file.ts';
import { DescriptorPoll, type OnExit } from '../kmsg/poll.ts';
import { RealTime } from '../kmsg/real-time.ts';
import type { DeviceRead, Drained } from '../kmsg/record.ts';
import type { ReadMarks } from '../oom/seen-mark.ts';
import { TracefsError } from './tracefs-error.ts';
import { type TracefsPlace, VictimTrace } from './victim-trace.ts';
import { VictimLines } from './victim-lines.ts';

/** The tracepoint as a source of its own. */
export interface VictimDevice {
  /** Marks, and the moments when there are no more. Each subscription opens the tracepoint for itself. */
  readonly reads$: Observable<ReadMarks | Drained>;
  /** As of the kernel's log. */
  drainNow(): void;
  nudge(): void;
}

export interface VictimDeviceOptions extends Pick<DrainOptions, 'gate' | 'clock'> {
  readonly place: TracefsPlace;
  readonly onExit: OnExit;
  /** The tracepoint is open and reading begins. */
  readonly onOpened?: () => void;
}

/**
 * The tracepoint `oom:mark_victim`, read as the kernel's log is: drained, then waited for in poll(2), without a
 * timer. What cannot be opened, or ends, errors the Observable with a TracefsError.
 */
export function openVictims(options: VictimDeviceOptions): VictimDevice {
  const { place, onExit, onOpened } = options;
  let lines: VictimLines | undefined;
  const open = (): KmsgFile => {
    const trace = VictimTrace.open(place, onExit);
    lines = new VictimLines(trace.format);
    onOpened?.();
    return fileOf(trace, onExit);
  };
  const realTime = new RealTime();
  const device = drainLog({ ...options, open, runAhead: (work) => realTime.run(work) });
  return {
    reads$: device.reads$.pipe(
      map((read) => marksIn(read, lines)),
      catchError((cause: unknown) => throwError(() => translated(cause, place))),
    ),
    drainNow: () => device.drainNow(),
    nudge: () => device.nudge(),
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

function marksIn(read: DeviceRead, lines: VictimLines | undefined): ReadMarks | Drained {
  if (read.kind !== 'raw')
    return { kind: 'drained', atMs: read.kind === 'drained' ? read.atMs : 0 };
  return { kind: 'marks', ...(lines?.take(read.bytes.toString('latin1')) ?? NOTHING) };
}

const NOTHING = { victims: [], lost: 0 };

function translated(cause: unknown, { root, instance }: TracefsPlace): unknown {
  return cause instanceof TracefsError ? cause : new TracefsError(instance ?? root, cause);
}
