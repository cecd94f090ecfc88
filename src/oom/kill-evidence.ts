import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { Drained } from '../kmsg/record.ts';
import type { KillEvidence } from './episode.ts';
import type { RecognizedRecord } from './join-fragments.ts';
import type { KernelLine } from './kernel-lines.ts';
import type { KillLedger, LedgerKill } from './kill-ledger.ts';
import type { KillLine } from './kill-line.ts';
import { isUnder } from './memcg-paths.ts';
import { contextAt, followContext, NO_CONTEXT, toldCgroups } from './report-context.ts';

/** Where the evidence step looks: at the node in the agent, nowhere in `replay`. */
export interface Witness {
  /**
   * What can be said of process `pid` right now; it is dying and gone within milliseconds. The kill may
   * be of long ago, and the pid somebody else's by now: only what had it before the kill is the victim.
   *
   * @param earliestMs the kill was certainly not before this, by the monotonic clock; unknown, nothing is said
   */
  testify(pid: number, comm: string, earliestMs: number | undefined): KillEvidence | undefined;
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
   * Notes which process is in which container, for {@link testify} to know when it is gone: called for
   * every report and every kill whose time is known. How often it really looks is its own matter.
   */
  takeSnapshot(): void;
  /** Records were lost: there is no telling what happened meanwhile. */
  dropSnapshot(): void;
}

/** Of a saved log: everybody is gone. */
export const NO_WITNESS: Witness = {
  testify: () => undefined,
  mainProcess: () => undefined,
  excludesGroup: () => false,
  takeSnapshot: () => undefined,
  dropSnapshot: () => undefined,
};

/** A record, and, on a kill line, what was found out the moment it was read. */
export type WitnessedRecord = RecognizedRecord & {
  readonly evidence?: KillEvidence | undefined;
  /** The kernel cannot have killed a group: on cgroup v1, or with `memory.oom.group` 0 at every level. */
  readonly noGroup?: boolean | undefined;
};

type Item<R extends RecognizedRecord = WitnessedRecord> = R | Drained;

/** A runtime removes a container's cgroup about 200 ms after its process died; by then we must have looked. */
const MAX_HOLD_MS = 100;
/** The same for a log that is never drained: some ten full reports. */
const MAX_HELD = 512;

/** What the ledger needs; `replay` has none of it. */
export interface LedgerKeeping {
  readonly ledger: KillLedger;
  /** Reads whatever the log holds now, and emits `drained` behind it. */
  readonly drainNow: () => void;
  readonly scheduler: SchedulerLike;
}

/**
 * Takes down whose a kill was while it can still be seen, in case the kernel withholds the context:
 * from the dying process, from the snapshot where that is gone already, else from the ledger. The first
 * two need a time before which the kill cannot have been.
 *
 * The process is gone first, so every line there is gets its look at `/proc` before the counters are
 * read. A kill that only they can tell holds back what comes behind it until the lines of the other
 * kills they counted have been read: milliseconds.
 */
export function takeEvidence(
  witness: Witness,
  keeping?: LedgerKeeping,
): OperatorFunction<RecognizedRecord | Drained, WitnessedRecord | Drained> {
  return (items$) =>
    new Observable((subscriber) => {
      const step = new EvidenceStep(witness, keeping?.ledger);
      let timer: Subscription | undefined;
      const emit = (items: readonly Item[]): void => items.forEach((item) => subscriber.next(item));
      const lookAgain = (): void => {
        timer = undefined;
        keeping?.drainNow();
        emit(step.giveUp());
        arm();
      };
      const arm = (): void => {
        if (step.isHolding) timer ??= keeping?.scheduler.schedule(lookAgain, MAX_HOLD_MS);
        else disarm();
      };
      const disarm = (): void => {
        timer?.unsubscribe();
        timer = undefined;
      };
      subscriber.add(disarm);
      subscriber.add(
        items$.subscribe({
          next: (item) => {
            emit(step.take(item));
            arm();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            emit(step.giveUp());
            subscriber.complete();
          },
        }),
      );
    });
}

/** One subscription's state: what the kernel said last, and what is held back. */
class EvidenceStep {
  readonly #witness: Witness;
  readonly #ledger: KillLedger | undefined;
  #context = NO_CONTEXT;
  /** The last kill, and the cgroup it was put down to. */
  #lastKill: LedgerKill | undefined;
  #held: readonly Item[] = [];

  constructor(witness: Witness, ledger: KillLedger | undefined) {
    this.#witness = witness;
    this.#ledger = ledger;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  take(item: Item<RecognizedRecord>): readonly Item[] {
    if (item.kind === 'drained') {
      this.#ledger?.look();
      this.#held = [...this.#held, item];
    } else {
      if (item.lost > 0) this.#lose();
      this.#held = [...this.#held, this.#look(item)];
    }
    const released = this.#held.length < MAX_HELD ? this.#release() : this.giveUp();
    if (item.kind === 'drained') this.#ledger?.drained();
    return released;
  }

  /** Everything held back: what could not be proved by now will not be. */
  giveUp(): readonly Item[] {
    this.#ledger?.look();
    const proved = this.#release();
    if (!this.isHolding) return proved;
    this.#ledger?.doubt();
    return [...proved, ...this.#release()];
  }

  /** What stands before the first kill that is still open, with what was proved. */
  #release(): readonly Item[] {
    const ledger = this.#ledger;
    const found = ledger?.isWaiting === true ? ledger.settle() : undefined;
    const known = found === undefined ? this.#held : this.#held.map((item) => add(item, found));
    const open = known.findIndex(
      (item) => item.kind === 'record' && ledger?.isOpen(item.sequence) === true,
    );
    this.#held = open === -1 ? [] : known.slice(open);
    return open === -1 ? known : known.slice(0, open);
  }

  /** What was said before a gap, or seen, is not of what comes after it. */
  #lose(): void {
    this.#ledger?.doubt();
    this.#witness.dropSnapshot();
    this.#context = NO_CONTEXT;
  }

  #look(record: RecognizedRecord): WitnessedRecord {
    const { line, monotonicUs } = record;
    if (line === undefined) return record;
    this.#context = contextAt(this.#context, monotonicUs);
    const witnessed = line.kind === 'kill' ? this.#lookAtKill(record, line) : record;
    if (record.earliestMs !== undefined && isOfKill(line)) this.#witness.takeSnapshot();
    if (line.kind === 'group-kill') this.#nameGroup(line.memcg);
    this.#context = followContext(this.#context, line, monotonicUs);
    return witnessed;
  }

  #lookAtKill(record: RecognizedRecord, line: KillLine): WitnessedRecord {
    const { pid, comm } = line.process;
    const { sequence, live, earliestMs } = record;
    const evidence = this.#witness.testify(pid, comm, earliestMs);
    const told = toldCgroups(this.#context, line);
    const cgroup = this.#whichCgroup(told.cgroup, evidence?.cgroup);
    const likely = cgroup === undefined ? this.#witness.mainProcess(pid, comm) : undefined;
    this.#ledger?.enter({ sequence, cgroup, likely });
    this.#lastKill = { sequence, cgroup };
    const isAsked = live && this.#context.group === undefined;
    const noGroup = isAsked && this.#witness.excludesGroup(cgroup, told.oomMemcg);
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

function add(item: Item, found: ReadonlyMap<number, KillEvidence>): Item {
  if (item.kind === 'drained' || item.evidence !== undefined) return item;
  const evidence = found.get(item.sequence);
  return evidence === undefined ? item : { ...item, evidence };
}
