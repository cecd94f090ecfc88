import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { Drained } from '../kmsg/record.ts';
import type { KillEvidence } from './episode.ts';
import { readKernelLine, type KernelLine, type KillLine } from './kernel-lines.ts';
import type { KillLedger } from './kill-ledger.ts';
import { followContext, NO_CONTEXT, toldCgroup } from './report-context.ts';

/** Where the evidence step looks: `/proc` in the agent, nothing in `replay`. */
export interface Witness {
  /** What can be said of process `pid` right now; it is dying and gone within milliseconds. */
  testify(pid: number, comm: string): KillEvidence | undefined;
}

/** A record, and, on a kill line, what was found out the moment it was read. */
export type WitnessedRecord = CountedRecord & { readonly evidence?: KillEvidence };

type Item<R extends CountedRecord = WitnessedRecord> = R | Drained;

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
 * from the dying process where the record was read as it was written (a pid in an old record may be
 * somebody else by now), else from the ledger.
 *
 * The process is gone first, so every line there is gets its look at `/proc` before the counters are
 * read. A kill that only they can tell holds back what comes behind it until the lines of the other
 * kills they counted have been read: milliseconds.
 */
export function takeEvidence(
  witness: Witness,
  keeping?: LedgerKeeping,
): OperatorFunction<CountedRecord | Drained, WitnessedRecord | Drained> {
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
  #held: readonly Item[] = [];

  constructor(witness: Witness, ledger: KillLedger | undefined) {
    this.#witness = witness;
    this.#ledger = ledger;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  take(item: Item<CountedRecord>): readonly Item[] {
    if (item.kind === 'drained') {
      this.#ledger?.look();
      this.#held = [...this.#held, item];
    } else {
      if (item.lost > 0) this.#ledger?.doubt();
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

  #look(record: CountedRecord): WitnessedRecord {
    const line = readLine(record);
    if (line === undefined) return record;
    const witnessed = line.kind === 'kill' ? this.#lookAtKill(record, line) : record;
    this.#context = followContext(this.#context, line, record.message);
    return witnessed;
  }

  #lookAtKill(record: CountedRecord, line: KillLine): WitnessedRecord {
    const { pid, comm, oomScoreAdj } = line.process;
    const evidence = record.live ? this.#witness.testify(pid, comm) : undefined;
    const cgroup = toldCgroup(this.#context, line) ?? evidence?.cgroup;
    this.#ledger?.enter({
      sequence: record.sequence,
      ...(cgroup !== undefined && { cgroup }),
      ...(oomScoreAdj !== undefined && { oomScoreAdj }),
    });
    return evidence === undefined ? record : { ...record, evidence };
  }
}

function add(item: Item, found: ReadonlyMap<number, KillEvidence>): Item {
  if (item.kind === 'drained' || item.evidence !== undefined) return item;
  const evidence = found.get(item.sequence);
  return evidence === undefined ? item : { ...item, evidence };
}

/** As the assembler reads it: a fragment that continues no open line says nothing. */
function readLine({ message, flag }: CountedRecord): KernelLine | undefined {
  const line = readKernelLine(message);
  return flag === '-' || line?.kind === 'header' ? line : undefined;
}
