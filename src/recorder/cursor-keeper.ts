import type { Cursor } from '../store/cursor-table.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Time } from '../clock.ts';
import type { OomEpisode } from '../oom/episode.ts';

/** A transaction is 1 ms; a chatty kernel logs 1,000 records in a few seconds. */
const RECORDS_PER_WRITE = 1000;
const WRITE_AFTER_MS = 60_000;

/**
 * Moves the cursor on while records flow that lead to no episode, so that a restart does not take a
 * ring that moved on for records lost. It looks at the clock when a record passes; when none does,
 * there is nothing to write.
 */
export class CursorKeeper {
  readonly #store: StateStore;
  readonly #clock: Pick<Time, 'wallMs'>;
  readonly #bootId: string;
  readonly #saveBaselines: () => void;
  #backlogUntil: number;
  #passed: number | undefined;
  /** The last record before those that passed since. */
  #written: number | undefined;
  #writtenAtMs: number;

  /** @param saveBaselines writes what the cgroup counters should say behind the kill just recorded */
  constructor(
    store: StateStore,
    clock: Pick<Time, 'wallMs'>,
    from: Omit<Cursor, 'sequence'>,
    saveBaselines: () => void = () => undefined,
  ) {
    this.#saveBaselines = saveBaselines;
    this.#store = store;
    this.#clock = clock;
    this.#bootId = from.bootId;
    this.#backlogUntil = from.backlogUntil;
    this.#writtenAtMs = clock.wallMs();
  }

  /** Whether this record was in the ring before anybody read it. */
  isBacklog(sequence: number): boolean {
    return sequence <= this.#backlogUntil;
  }

  /** Nothing up to this record is to be read, now or by a later process. */
  begin(sequence: number): void {
    this.#store.transaction(() => this.#write(sequence));
  }

  /** Every kill up to this record is in the store, and no report is open. */
  passed(sequence: number): void {
    this.#passed = Math.max(this.#passed ?? sequence, sequence);
    this.#written ??= sequence - 1;
    const records = this.#passed - this.#written;
    const waitedMs = this.#clock.wallMs() - this.#writtenAtMs;
    if (records >= RECORDS_PER_WRITE || Math.abs(waitedMs) >= WRITE_AFTER_MS) this.flush();
  }

  /** This was the last record that was there at the start: whatever comes now is new. */
  caughtUp(sequence: number): void {
    this.#backlogUntil = Math.min(this.#backlogUntil, sequence);
    this.flush();
  }

  /** Writes how far reading has come, where it has come any further. */
  flush(): void {
    const passed = this.#passed;
    if (passed === undefined) return;
    this.#store.transaction(() => this.#write(passed));
  }

  /** In the transaction that records an episode: behind it, and with the baselines that agree with that. */
  writeBehind({ lastSequence }: Pick<OomEpisode, 'lastSequence'>): void {
    this.#write(lastSequence);
    this.#saveBaselines();
  }

  #write(sequence: number): void {
    const [bootId, backlogUntil] = [this.#bootId, this.#backlogUntil];
    this.#store.cursor.advance({ bootId, sequence, backlogUntil });
    this.#passed = undefined;
    this.#written = sequence;
    this.#writtenAtMs = this.#clock.wallMs();
  }
}
