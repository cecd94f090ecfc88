import type { EvidenceFinder } from '../oom/look-at-kills.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { MainProcessNotes } from './main-process-notes.ts';
import { excludesGroup } from './oom-group.ts';
import { type ProcFiles, startedByMs } from './proc-files.ts';
import { ProcessSnapshot } from './process-snapshot.ts';

/** Where a task is shown that has left its cgroup. */
const ROOT = '/';

/**
 * What a real node tells. `/proc/<pid>/cgroup` still answers for most victims when the kill line
 * arrives; the snapshot does for the others. Both need the host's pid namespace;
 * elsewhere a pid is somebody else's, so the name must agree as well. How late the line is read does
 * not matter to either: what had the pid before the kill is the victim.
 */
export function nodeEvidence(
  tree: CgroupTree,
  proc: ProcFiles,
  notes: Pick<MainProcessNotes, 'cgroupOf'>,
  monotonicMs: () => number,
): EvidenceFinder {
  const snapshot = new ProcessSnapshot(tree, proc, monotonicMs);
  /** A process that started after the kill has the pid of the dead. */
  const isOlder = (startedMs: number, earliestMs: number | undefined): boolean => {
    if (earliestMs === undefined) return false;
    return startedByMs(startedMs, proc.bootMs(monotonicMs)) <= earliestMs;
  };
  return {
    evidenceOf: (pid, comm, earliestMs) => {
      const owner = proc.owner(pid);
      const isIt = owner?.comm === comm && isOlder(owner.startedMs, earliestMs);
      const cgroup = isIt ? proc.cgroupOf(pid) : undefined;
      if (cgroup !== undefined && cgroup !== ROOT) return { cgroup, source: 'proc' };
      const seen = snapshot.cgroupOf(pid, comm, earliestMs);
      return seen === undefined ? undefined : { cgroup: seen, source: 'snapshot' };
    },
    mainProcess: (pid, comm) => notes.cgroupOf(pid, comm),
    excludesGroup: (cgroup, oomMemcg) => excludesGroup(tree, cgroup, oomMemcg),
    takeSnapshot: () => snapshot.take(),
    dropSnapshot: () => snapshot.drop(),
  };
}
