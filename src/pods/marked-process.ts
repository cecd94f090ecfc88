import type { EvidenceFinder } from '../oom/look-at-kills.ts';
import type { FoundProcess, VictimFinder } from '../oom/seen-mark.ts';
import type { ProcFiles } from './proc-files.ts';

/**
 * Looks at a process that the tracepoint marked, by the same means as at one whose kill line was read. Before Linux
 * 6.9 the tracepoint tells a pid alone: the process itself says its name then, where it is seen that the pid is the
 * host's; elsewhere it is somebody else's.
 */
export class MarkedProcess implements VictimFinder {
  readonly #evidence: EvidenceFinder;
  readonly #proc: ProcFiles;

  constructor(evidence: EvidenceFinder, proc: ProcFiles) {
    this.#evidence = evidence;
    this.#proc = proc;
  }

  find(pid: number, told: string | undefined, markedMs: number): FoundProcess {
    const comm = told ?? this.#nameOf(pid);
    if (comm === undefined) return {};
    const { cgroup, source } = this.#evidence.evidenceOf(pid, comm, markedMs) ?? {};
    this.#evidence.takeSnapshot();
    const likely = cgroup === undefined ? this.#evidence.mainProcess(pid, comm) : undefined;
    return { comm, cgroup, source, likely };
  }

  #nameOf(pid: number): string | undefined {
    return this.#proc.isHost ? this.#proc.owner(pid)?.comm : undefined;
  }
}
