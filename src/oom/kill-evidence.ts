import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { Drained } from '../kmsg/record.ts';
import type { KillEvidence } from './episode.ts';
import type { RecognizedRecord } from './join-fragments.ts';
import type { KillLedger } from './kill-ledger.ts';
import { KillLooker, type EvidenceFinder, type RecordWithEvidence } from './look-at-kills.ts';

type Item = RecordWithEvidence | Drained;

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
  source: EvidenceFinder,
  keeping?: LedgerKeeping,
): OperatorFunction<RecognizedRecord | Drained, RecordWithEvidence | Drained> {
  return (items$) =>
    new Observable((subscriber) => {
      const step = new EvidenceStep(source, keeping?.ledger);
      let timer: Subscription | undefined;
      const pass = (items: readonly Item[]): void => {
        for (const item of items) subscriber.next(item);
        if (step.isHolding) timer ??= keeping?.scheduler.schedule(lookAgain, MAX_HOLD_MS);
        else disarm();
      };
      const lookAgain = (): void => {
        timer = undefined;
        keeping?.drainNow();
        pass(step.giveUp());
      };
      const disarm = (): void => {
        timer?.unsubscribe();
        timer = undefined;
      };
      subscriber.add(disarm);
      subscriber.add(
        items$.subscribe({
          next: (item) => pass(step.take(item)),
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            pass(step.giveUp());
            subscriber.complete();
          },
        }),
      );
    });
}

/** One subscription's state: what is held back. */
class EvidenceStep {
  readonly #looker: KillLooker;
  readonly #ledger: KillLedger | undefined;
  #held: readonly Item[] = [];

  constructor(source: EvidenceFinder, ledger: KillLedger | undefined) {
    this.#looker = new KillLooker(source, ledger);
    this.#ledger = ledger;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  take(item: RecognizedRecord | Drained): readonly Item[] {
    if (item.kind === 'drained') this.#ledger?.look();
    this.#held = [...this.#held, item.kind === 'drained' ? item : this.#looker.look(item)];
    const released = this.#held.length < MAX_HELD ? this.#release() : this.giveUp();
    if (item.kind === 'drained') this.#ledger?.drained();
    return released;
  }

  /** Everything held back: what could not be proved by now will not be. */
  giveUp(): readonly Item[] {
    this.#ledger?.look();
    const proved = this.#release();
    if (!this.isHolding) return proved;
    this.#ledger?.invalidate();
    return [...proved, ...this.#release()];
  }

  /** What stands before the first kill that is still open, with what was proved. */
  #release(): readonly Item[] {
    const ledger = this.#ledger;
    const found = ledger?.isWaiting === true ? ledger.prove() : undefined;
    const known = found === undefined ? this.#held : this.#held.map((item) => add(item, found));
    const open = known.findIndex(
      (item) => item.kind === 'record' && ledger?.isOpen(item.sequence) === true,
    );
    this.#held = open === -1 ? [] : known.slice(open);
    return open === -1 ? known : known.slice(0, open);
  }
}

function add(item: Item, found: ReadonlyMap<number, KillEvidence>): Item {
  if (item.kind === 'drained' || item.evidence !== undefined) return item;
  const evidence = found.get(item.sequence);
  return evidence === undefined ? item : { ...item, evidence };
}
