import { createReadStream } from 'node:fs';
import { defer } from 'rxjs';
import { drainLog, type DrainOptions, type KmsgDevice } from './drain-log.ts';
import { kindOfLog, openKernelLog } from './kernel-log.ts';
import type { KmsgFile } from './kmsg-file.ts';
import type { OnExit } from './poll.ts';
import { realTime } from './real-time.ts';
import { savedRecords$ } from './saved-log.ts';

export interface KmsgOptions extends Omit<DrainOptions, 'open' | 'runAhead'> {
  /** `/dev/kmsg`, or a regular file it was saved to, which is read once and completes. */
  readonly path: string;
  /** A process that exits must first end the wait in poll(2), or it hangs. */
  readonly onExit: OnExit;
  /** The log is open and reading begins. */
  readonly onOpened?: () => void;
}

/**
 * The kernel log at `path`, opened on subscription. A path that is missing, refused, or something
 * else than the kernel's log errors the Observable with a RecorderError that says what to do.
 */
export function openKmsg(options: KmsgOptions): KmsgDevice {
  const { path, gate, clock, onExit, onOpened } = options;
  const open = (): KmsgFile => {
    const file = openKernelLog(path, onExit);
    onOpened?.();
    return file;
  };
  const openSaved = () => createReadStream(path).once('open', () => onOpened?.());
  const kernel = drainLog({ ...options, open, runAhead: realTime() });
  return {
    ...kernel,
    reads$: defer(() =>
      kindOfLog(path) === 'kernel' ? kernel.reads$ : savedRecords$(openSaved(), gate, clock),
    ),
  };
}
