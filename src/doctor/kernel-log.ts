import { errnoCode, KmsgPermissionError } from '../kmsg/kmsg-errors.ts';
import type { LogKind } from '../kmsg/kernel-log.ts';
import type { ProcFiles } from '../pods/proc-files.ts';
import { type Check, check, failed, type Finding, ok, unknown } from './check.ts';
import type { ProcessList } from './process-list.ts';

/** include/uapi/linux/capability.h */
const CAP_SYSLOG = 34n;

/**
 * The kernel log can be opened, and waited for.
 *
 * @param open opens it as `run` does and closes it again; throws a RecorderError
 */
export function kernelLogCheck(path: string, open: () => LogKind, proc: ProcFiles): Check {
  return check('kernel log', () => {
    try {
      const kind = open();
      return ok(kind === 'kernel' ? `${path} can be read` : `${path} is a saved log`);
    } catch (error) {
      if (error instanceof KmsgPermissionError) return refused(path, error, proc);
      throw error;
    }
  });
}

/** Its mode says EACCES; the container's device cgroup and `check_syslog_permissions()` say EPERM. */
function refused(path: string, { cause }: KmsgPermissionError, proc: ProcFiles): Finding {
  const errno = errnoCode(cause) ?? 'refused';
  if (errno === 'EACCES') {
    return failed(`${path}: ${errno}, its mode is against this user`, `run as root`);
  }
  const privileged = 'in a container set privileged: true';
  if (hasSyslog(proc))
    return failed(`${path}: ${errno}, the device cgroup is against it`, privileged);
  const isRestricted = proc.text('sys/kernel/dmesg_restrict')?.trim() === '1';
  const why = isRestricted
    ? 'kernel.dmesg_restrict is 1 and CAP_SYSLOG is missing'
    : 'no CAP_SYSLOG';
  return failed(`${path}: ${errno}, ${why}`, `run as root or with CAP_SYSLOG; ${privileged}`);
}

function hasSyslog(proc: ProcFiles): boolean {
  const effective = /^CapEff:\s*(?<hex>[0-9a-f]+)$/m.exec(proc.text('self/status') ?? '');
  return ((BigInt(`0x${effective?.groups?.['hex'] ?? '0'}`) >> CAP_SYSLOG) & 1n) === 1n;
}

/** A report without its task table, as the ring keeps it: 8.4 KB at most in testdata/kmsg. */
export const REPORT_BYTES = 9 * 1024;
/** A row of `dump_task()` with a name of 15 bytes; a block of the ring has a header and ends on 8 bytes. */
export const ROW_BYTES = 128;
/** One that is being read, and another that comes meanwhile. */
const REPORTS_NEEDED = 2;

/** The ring holds what the kernel prints of the whole node's processes before anybody reads it. */
export function ringCheck(ringBytes: () => number | undefined, processes: ProcessList): Check {
  return check('kernel log ring', async () => {
    const bytes = ringBytes();
    if (bytes === undefined) return unknown('the kernel does not tell its size', 'run as root');
    const size = `${Math.round(bytes / 1024)} KiB`;
    if (!processes.isHost)
      return unknown(`${size}; how many processes a report lists is not visible`);
    const tasks = (await processes.all()).filter(({ hasMemory }) => hasMemory).length;
    const reportBytes = REPORT_BYTES + tasks * ROW_BYTES;
    const times = bytes / reportBytes;
    const found = `${size}, ${times.toFixed(1)} times a system-wide report of ${tasks} processes`;
    if (times >= REPORTS_NEEDED) return ok(found);
    return failed(found, 'boot with log_buf_len=4M on the kernel’s command line');
  });
}
