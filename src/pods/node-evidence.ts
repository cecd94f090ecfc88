import type { KillEvidence } from '../oom/episode.ts';
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
export class NodeEvidence implements EvidenceFinder {
  readonly #tree: CgroupTree;
  readonly #proc: ProcFiles;
  readonly #notes: Pick<MainProcessNotes, 'cgroupOf'>;
  readonly #monotonicMs: () => number;
  readonly #snapshot: ProcessSnapshot;

  constructor(
    tree: CgroupTree,
    proc: ProcFiles,
    notes: Pick<MainProcessNotes, 'cgroupOf'>,
    monotonicMs: () => number,
  ) {
    this.#tree = tree;
    this.#proc = proc;
    this.#notes = notes;
    this.#monotonicMs = monotonicMs;
    this.#snapshot = new ProcessSnapshot(tree, proc, monotonicMs);
  }

  evidenceOf(pid: number, comm: string, earliestMs: number | undefined): KillEvidence | undefined {
    const owner = this.#proc.owner(pid);
    const isIt = owner?.comm === comm && this.#isOlder(owner.startedMs, earliestMs);
    const cgroup = isIt ? this.#proc.cgroupOf(pid) : undefined;
    if (cgroup !== undefined && cgroup !== ROOT) return { cgroup, source: 'proc' };
    const seen = this.#snapshot.cgroupOf(pid, comm, earliestMs);
    return seen === undefined ? undefined : { cgroup: seen, source: 'snapshot' };
  }

  mainProcess(pid: number, comm: string): string | undefined {
    return this.#notes.cgroupOf(pid, comm);
  }

  excludesGroup(cgroup: string | undefined, oomMemcg?: string): boolean {
    return excludesGroup(this.#tree, cgroup, oomMemcg);
  }

  /** A process that started after the kill has the pid of the dead. */
  #isOlder(startedMs: number, earliestMs: number | undefined): boolean {
    if (earliestMs === undefined) return false;
    return startedByMs(startedMs, this.#proc.bootMs(this.#monotonicMs)) <= earliestMs;
  }

  takeSnapshot(): void {
    this.#snapshot.take();
  }

  dropSnapshot(): void {
    this.#snapshot.drop();
  }
}
