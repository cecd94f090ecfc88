import type { EvidenceFinder } from '../oom/look-at-kills.ts';
import type { VictimFinder } from '../oom/seen-mark.ts';
import type { ProcFiles } from './proc-files.ts';

/**
 * Looks at a process that the tracepoint marked, by the same means as at one whose kill line was read. Before Linux
 * 6.9 the tracepoint tells a pid alone: the process itself says its name then, where it is seen that the pid is the
 * host's; elsewhere it is somebody else's.
 */
export function markedProcess(evidence: EvidenceFinder, proc: ProcFiles): VictimFinder {
  const nameOf = (pid: number): string | undefined =>
    proc.isHost ? proc.owner(pid)?.comm : undefined;
  return {
    find: (pid, told, markedMs) => {
      const comm = told ?? nameOf(pid);
      if (comm === undefined) return {};
      const { cgroup, source } = evidence.evidenceOf(pid, comm, markedMs) ?? {};
      evidence.takeSnapshot();
      const likely = cgroup === undefined ? evidence.mainProcess(pid, comm) : undefined;
      return { comm, cgroup, source, likely };
    },
  };
}
