import { fileProblem, RecorderError } from '../errors.ts';

/** There is nothing at the path of the kernel log. */
export class KmsgNotFoundError extends RecorderError {
  readonly code = 'E_KMSG_NOT_FOUND';
  readonly retryable = false;

  constructor(path: string, cause: unknown) {
    super(
      `Opening the kernel log ${path}: there is no such file. ` +
        'In a container mount /dev/kmsg of the host, or name another path with --kmsg.',
      cause,
    );
  }
}

/** The kernel, or the device cgroup of a container, does not let us read the log. */
export class KmsgPermissionError extends RecorderError {
  readonly code = 'E_KMSG_PERMISSION';
  readonly retryable = false;

  constructor(path: string, cause: unknown) {
    super(
      `Opening the kernel log ${path}: permission denied (${errnoCode(cause)}). ` +
        'Run as root or with CAP_SYSLOG; ' +
        'in a container set privileged: true, because its device cgroup refuses the log otherwise.',
      cause,
    );
  }
}

/** Something else is at the path: in some nested set-ups /dev/kmsg is a link to the console. */
export class KmsgNotKernelLogError extends RecorderError {
  readonly code = 'E_KMSG_NOT_KERNEL_LOG';
  readonly retryable = false;

  constructor(path: string, found: string) {
    super(
      `Opening the kernel log ${path}: it is ${found}, neither character device 1:11 nor a saved log. ` +
        'In some nested set-ups (kind, k3d, LXC) /dev/kmsg is a link to the console: ' +
        'mount the host’s /dev/kmsg there instead.',
    );
  }
}

/** The log was open and stopped answering. Opening it again may help: the cursor knows where we were. */
export class KmsgReadError extends RecorderError {
  readonly code = 'E_KMSG_READ';
  readonly retryable = true;

  constructor(path: string, problem: string, cause?: unknown) {
    super(
      `Reading the kernel log ${path}: ${problem}. Restart the agent; it goes on where it was.`,
      cause,
    );
  }
}

/** A file, or whatever was piped in, could not be read to its end. */
export class SavedLogError extends RecorderError {
  readonly code = 'E_SAVED_LOG';
  readonly retryable = false;

  constructor(cause: unknown) {
    const { path } = cause as Partial<NodeJS.ErrnoException>;
    const where = path === undefined ? '' : `${path}: `;
    super(`Reading a saved kernel log: ${where}${fileProblem(cause)}.`, cause);
  }
}

/** The errno of what node:fs threw, `ENOENT` and the like. */
export function errnoCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : undefined;
}
