import type { MarkedVictim, MarkJoin } from './join-marks.ts';

/** What the audit compares the kernel's counter with. */
export interface AuditedTally {
  /** Kernel kill lines read. */
  readonly killLines: number;
  /** Records lost. */
  readonly lost: number;
}

/** Where the kernel's kills went. `counted = recorded + beforeStart + lost + unexplained`. */
export interface AuditFigures {
  /** `/proc/vmstat` `oom_kill`: every kill since boot. */
  readonly counted: number;
  /** Kill lines read since the start. */
  readonly recorded: number;
  /** Out of the kernel's ring, or recorded by an earlier run, when reading began. */
  readonly beforeStart: number;
  /** Gone with records that the ring dropped. */
  readonly lost: number;
  /** Neither: what must be zero. */
  readonly unexplained: number;
}

/** Kills that the kernel counted and the log did not show. */
export interface MissingKills {
  readonly kills: number;
  /** Whom the tracepoint marked of those that the log does not tell; see {@link MarkJoin.nameMissing}. */
  readonly victims: readonly MarkedVictim[];
}

export interface KillAuditOptions {
  /** `/proc/vmstat` `oom_kill`. */
  readonly total: () => number | undefined;
  readonly tally: AuditedTally;
  /** The tracepoint's victims, where it is read. */
  readonly marks?: Pick<MarkJoin, 'look' | 'settle' | 'nameMissing'> | undefined;
  /** Told of kills that are in the kernel's counter alone. */
  readonly onMissing: (figures: AuditFigures, missing: MissingKills) => void;
}

/** A log that is drained a hundred times a second needs no more than this; nor does a kill to be printed. */
const MIN_INTERVAL_MS = 1000;

/**
 * The proof that nothing was missed: the kernel's own count of OOM kills against the kill lines read.
 *
 * The kernel counts before it prints, so a difference is believed when it is seen a second time, a
 * second later. Made before the first record is read; it looks when it is told that the log is
 * drained and no report is open, and says when it must be told again.
 */
export class KillAudit {
  readonly #options: KillAuditOptions;
  readonly #countedAtStart: number | undefined;
  #figures: AuditFigures | undefined;
  /** Seen once, and when. */
  #suspected = { missing: 0, atMs: 0 };
  /** Records lost and lines read when the figures agreed last. */
  #agreed: AuditedTally = { killLines: -1, lost: 0 };
  /** Records lost before the first comparison: kills among them are taken for `beforeStart`. */
  #lostAtStart = 0;
  #lookedAtMs = -Infinity;

  constructor(options: KillAuditOptions) {
    this.#options = options;
    this.#countedAtStart = options.total();
  }

  /** For metrics; `undefined` where the kernel counts nothing (before 4.13), or nothing was compared yet. */
  get figures(): AuditFigures | undefined {
    return this.#figures;
  }

  /** Kills that went with lost records; `undefined` until it was looked at since the last were lost. */
  get killsLost(): number | undefined {
    const { lost } = this.#options.tally;
    if (this.#agreed.lost !== lost) return undefined;
    return lost > 0 && lost === this.#lostAtStart ? undefined : this.#figures?.lost;
  }

  /**
   * The log is drained and no report is open.
   *
   * @param nowMs the monotonic clock of `Drained`
   * @returns in how many ms it has to be told once more: a difference was seen for the first time
   */
  quiet(nowMs: number): number | undefined {
    this.#compare(nowMs);
    const { missing, atMs } = this.#suspected;
    return missing === 0 ? undefined : atMs + MIN_INTERVAL_MS - nowMs;
  }

  #compare(nowMs: number): void {
    if (this.#countedAtStart === undefined || !this.#isDue(nowMs)) return;
    this.#options.marks?.look();
    const counted = this.#options.total();
    if (counted === undefined) return;
    this.#lookedAtMs = nowMs;
    const { killLines: recorded } = this.#options.tally;
    const before = this.#figures ?? this.#atStart(counted);
    const missing = counted - recorded - before.beforeStart - before.lost - before.unexplained;
    const figures = { ...before, counted, recorded };
    if (missing !== 0 && !this.#isSuspected(missing, nowMs)) {
      this.#figures = before;
      return;
    }
    if (missing === 0) this.#options.marks?.settle();
    this.#figures = missing === 0 ? figures : this.#explain(figures, missing);
    this.#suspected = { missing: 0, atMs: nowMs };
    this.#agreed = { ...this.#options.tally };
  }

  /** Whether this was seen before, long enough ago for a line to be printed meanwhile. */
  #isSuspected(missing: number, nowMs: number): boolean {
    if (missing !== this.#suspected.missing) this.#suspected = { missing, atMs: nowMs };
    return nowMs - this.#suspected.atMs >= MIN_INTERVAL_MS;
  }

  #isDue(nowMs: number): boolean {
    const { killLines, lost } = this.#options.tally;
    const isSame = killLines === this.#agreed.killLines && lost === this.#agreed.lost;
    return !isSame || nowMs - this.#lookedAtMs >= MIN_INTERVAL_MS;
  }

  /** What the ring no longer held at the first look; kills since the start cannot be among them. */
  #atStart(counted: number): AuditFigures {
    const { killLines: recorded, lost } = this.#options.tally;
    this.#lostAtStart = lost;
    const beforeStart = Math.min(Math.max(0, counted - recorded), this.#countedAtStart ?? 0);
    return { counted, recorded, beforeStart, lost: 0, unexplained: 0 };
  }

  #explain(figures: AuditFigures, missing: number): AuditFigures {
    if (missing < 0) return lessen(figures, -missing);
    const { tally, marks, onMissing } = this.#options;
    const key = tally.lost > this.#agreed.lost ? 'lost' : 'unexplained';
    const explained = { ...figures, [key]: figures[key] + missing };
    const victims = marks?.nameMissing(missing, key === 'lost') ?? [];
    onMissing(explained, { kills: missing, victims });
    return explained;
  }
}

/** Lines that were thought missing and came after all. */
function lessen(figures: AuditFigures, found: number): AuditFigures {
  const unexplained = Math.max(0, figures.unexplained - found);
  const lost = Math.max(0, figures.lost - (found - (figures.unexplained - unexplained)));
  const rest = found - (figures.unexplained - unexplained) - (figures.lost - lost);
  return { ...figures, unexplained, lost, beforeStart: Math.max(0, figures.beforeStart - rest) };
}
