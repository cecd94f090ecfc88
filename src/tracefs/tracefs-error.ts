import { RecorderError } from '../errors.ts';
import { errnoCode } from '../kmsg/kmsg-errors.ts';

/** The tracepoint cannot be had: no tracefs, no such event, or it may not be written. */
export class TracefsError extends RecorderError {
  readonly code = 'E_TRACEFS';
  readonly retryable = false;

  constructor(root: string, cause: unknown) {
    super(`Opening the tracepoint oom:mark_victim in ${root}: ${problem(cause)}`, cause);
  }
}

function problem(cause: unknown): string {
  const code = errnoCode(cause) ?? '';
  if (['ENOENT', 'ENOTDIR'].includes(code))
    return 'there is no tracefs with that event. Mount it (mount -t tracefs nodev /sys/kernel/tracing), in a container mount the host’s, or name where it is with --tracefs-root';
  if (['EACCES', 'EPERM', 'EROFS'].includes(code))
    return `it may not be written (${code}). Run as root; in a container mount the host’s, and not read-only`;
  if (code === 'EBUSY')
    return 'somebody reads it already (EBUSY). Stop that agent, or give each an instance of its own with --tracefs-instance';
  return cause instanceof Error ? cause.message : String(cause);
}
