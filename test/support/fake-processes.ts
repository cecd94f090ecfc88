import { ProcessList } from '../../src/doctor/process-list.ts';
import type { ProcFiles } from '../../src/pods/proc-files.ts';
import { type FakeFiles, fakeNode } from './fake-files.ts';

export interface FakeProcess {
  readonly pid: number;
  readonly comm: string;
  readonly args?: readonly string[];
  readonly cgroup?: string;
  /** PF_KTHREAD, which no process can give itself. */
  readonly isKernelThread?: boolean;
}

/** What only the host's `/proc` shows. */
export const KTHREADD: FakeProcess = { pid: 2, comm: 'kthreadd', isKernelThread: true };

/** A `/proc` of these processes, the first of which looks at it, and of other files below `/proc`. */
export function fakeProcesses(
  [self, ...others]: readonly [FakeProcess, ...FakeProcess[]],
  more: FakeFiles = {},
): { readonly processes: ProcessList; readonly proc: ProcFiles } {
  const all = [self, ...others];
  const files = [
    ...all.map((process) => filesOf(process, process.pid)),
    filesOf(self, 'self'),
    more,
  ];
  const { proc } = fakeNode(Object.assign({}, ...files) as FakeFiles);
  return { processes: new ProcessList(proc, () => all.map(({ pid }) => pid)), proc };
}

function filesOf(process: FakeProcess, directory: number | 'self'): FakeFiles {
  const { pid, comm, args = [comm], cgroup = '/', isKernelThread = false } = process;
  const flags = isKernelThread ? 0x0020_8040 : 0x0040_0100;
  // proc_pid_stat(5): state to flags, what nobody reads, vsize.
  const fields = ['S', 1, pid, pid, 0, -1, flags, ...Array(13).fill(0), isKernelThread ? 0 : 4096];
  return {
    [`/proc/${directory}/stat`]: `${pid} (${comm}) ${fields.join(' ')} 0\n`,
    [`/proc/${directory}/cmdline`]: isKernelThread ? '' : `${args.join('\0')}\0`,
    [`/proc/${directory}/cgroup`]: `0::${cgroup}\n`,
  };
}
