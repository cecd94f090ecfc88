import type { KillEvidence } from './episode.ts';
import type { RecognizedRecord } from './join-fragments.ts';
import type { KernelLine } from './kernel-lines.ts';
import type { KillLedger, LedgerKill } from './kill-ledger.ts';
import type { KillLine } from './kill-line.ts';
import { isUnder } from './cgroup-path.ts';
import { contextAt, followContext, NO_CONTEXT, toldCgroups } from './report-context.ts';

/** Where the evidence step looks: at the node in the agent, nowhere in `replay`. */
export interface EvidenceFinder {
  /**
   * What can be said of process `pid` right now; it is dying and gone within milliseconds. The kill may
   * be of long ago, and the pid somebody else's by now: only what had it before the kill is the victim.
   *
   * @param earliestMs the kill was certainly not before this, by the monotonic clock; unknown, nothing is said
   */
  evidenceOf(pid: number, comm: string, earliestMs: number | undefined): KillEvidence | undefined;
  /**
   * The cgroup of the container whose main process had this pid and name when it started: likely, and
   * no proof, for it may have ended meanwhile.
   */
  mainProcess(pid: number, comm: string): string | undefined;
  /**
   * Whether the kernel cannot have killed a group: `memory.oom.group` is 0 from the victim's cgroup up
   * to the oom memcg (to the root where that was not told), or there is none on cgroup v1.
   */
  excludesGroup(cgroup: string | undefined, oomMemcg: string | undefined): boolean;
  /**
   * Notes which process is in which container, for {@link evidenceOf} to know when it is gone: called for
   * every report and every kill whose time is known. How often it really looks is its own matter.
   */
  takeSnapshot(): void;
  /** Records were lost: there is no telling what happened meanwhile. */
  dropSnapshot(): void;
}

/** Of a saved log: everybody is gone. */
export const NO_EVIDENCE: EvidenceFinder = {
  evidenceOf: () => undefined,
  mainProcess: () => undefined,
  excludesGroup: () => false,
  takeSnapshot: () => undefined,
  dropSnapshot: () => undefined,
};

/** A record, and, on a kill line, what was found out the moment it was read. */
export type RecordWithEvidence = RecognizedRecord & {
  readonly evidence?: KillEvidence | undefined;
  /** The kernel cannot have killed a group: on cgroup v1, or with `memory.oom.group` 0 at every level. */
  readonly noGroup?: boolean | undefined;
};

/** Looks at each kill as its line is read, knowing what the kernel said before. */
export class KillLooker {
  readonly #source: EvidenceFinder;
  readonly #ledger: KillLedger | undefined;
  #context = NO_CONTEXT;
  /** The last kill, and the cgroup it was put down to. */
  #lastKill: LedgerKill | undefined;

  /** @param ledger is told of each kill */
  constructor(source: EvidenceFinder, ledger: KillLedger | undefined) {
    this.#source = source;
    this.#ledger = ledger;
  }

  /** Asked of every record, in the order of the log; on a kill line it says what was found. */
  look(record: RecognizedRecord): RecordWithEvidence {
    if (record.lost > 0) this.#lose();
    const { line, monotonicUs } = record;
    if (line === undefined) return record;
    this.#context = contextAt(this.#context, monotonicUs);
    const seen = line.kind === 'kill' ? this.#lookAtKill(record, line) : record;
    if (record.earliestMs !== undefined && isOfKill(line)) this.#source.takeSnapshot();
    if (line.kind === 'group-kill') this.#nameGroup(line.memcg);
    this.#context = followContext(this.#context, line, monotonicUs);
    return seen;
  }

  /** What was said before a gap, or seen, is not of what comes after it. */
  #lose(): void {
    this.#ledger?.invalidate();
    this.#source.dropSnapshot();
    this.#context = NO_CONTEXT;
  }

  #lookAtKill(record: RecognizedRecord, line: KillLine): RecordWithEvidence {
    const { pid, comm } = line.process;
    const { sequence, live, earliestMs } = record;
    const evidence = this.#source.evidenceOf(pid, comm, earliestMs);
    const told = toldCgroups(this.#context, line);
    const cgroup = this.#whichCgroup(told.cgroup, evidence?.cgroup);
    const likely = cgroup === undefined ? this.#source.mainProcess(pid, comm) : undefined;
    this.#ledger?.enter({ sequence, cgroup, likely });
    this.#lastKill = { sequence, cgroup };
    const isAsked = live && this.#context.group === undefined;
    const noGroup = isAsked && this.#source.excludesGroup(cgroup, told.oomMemcg);
    return { ...record, evidence, noGroup };
  }

  /** Within its group a process may have a cgroup of its own; outside of it, it is no member. */
  #whichCgroup(told: string | undefined, seen: string | undefined): string | undefined {
    return this.#context.group === undefined ? (told ?? seen) : (seen ?? told);
  }

  /** The kernel names the cgroup of the kill it has just told, whatever was thought of it. */
  #nameGroup(group: string): void {
    const { sequence, cgroup } = this.#lastKill ?? {};
    if (this.#context.last?.kind !== 'kill' || sequence === undefined) return;
    if (cgroup === undefined || !isUnder(cgroup, group)) this.#ledger?.tell(sequence, group);
  }
}

/** One kill may be the first of a storm, whose victims are gone when the kernel says no more of them than their pids. */
function isOfKill({ kind }: KernelLine): boolean {
  return kind === 'header' || kind === 'kill';
}
