import { CounterSteps } from './counter-steps.ts';
import type { KillEvidence } from './episode.ts';
import { matchKills, type CountedKill } from './match-kills.ts';
import {
  type CounterBaselines,
  type CounterLook,
  countersOf,
  lookAt,
  type OomCounters,
} from './oom-counters.ts';

/** A kill line, and the victim's cgroup where somebody told it. */
export interface LedgerKill {
  readonly sequence: number;
  readonly cgroup?: string | undefined;
  /** Where the victim was if its pid was still what it had been: said where the counters agree. */
  readonly likely?: string | undefined;
}

/**
 * Follows what the cgroup counters should say: every kill line explains one step of one counter, so a step
 * that no known kill explains was a kill whose cgroup nobody told. The counters are read only for
 * such kills, and once when the log is drained after that was no longer known.
 *
 * What makes it proof and not likelihood is `/proc/vmstat`: once as many kill lines have been read
 * as the kernel had counted when the counters were read, no step belongs to a line still to come.
 * Where that cannot be shown nothing is known any longer, and nothing is said until they are read anew.
 */
export class KillLedger {
  readonly #counters: OomCounters;
  /** What each counter should say; `undefined` while that is not known. A cgroup not in it is newer than it. */
  #expected: Map<string, number> | undefined;
  /** Kills counted on the whole host, by the lines read. */
  #counted = 0;
  #sequence = -1;
  /** The last kill whose cgroup was told at once, and what it moved. */
  #entered: { readonly sequence: number; readonly counters: readonly string[] } | undefined;
  /** The host's counter when the log was drained before. */
  #lookedAt: number | undefined;
  /** Linux before 4.13 counts nothing. */
  #isCounting: boolean;
  /** The kills since the first one that nobody told; what is expected stands still meanwhile. */
  #open: readonly CountedKill[] = [];
  #steps: CounterSteps | undefined;
  #looks: readonly CounterLook[] = [];
  /** Counters that may have moved behind the last look's back: believed at the next one. */
  #unsure: readonly string[] = [];

  constructor(counters: OomCounters) {
    this.#counters = counters;
    this.#lookedAt = counters.total();
    this.#isCounting = this.#lookedAt !== undefined;
  }

  /** Whether nobody told this kill's cgroup and the counters still may. */
  isOpen(sequence: number): boolean {
    const kill = this.#open.find((one) => one.sequence === sequence);
    return kill !== undefined && kill.counters === undefined && kill.isSpent !== true;
  }

  get isWaiting(): boolean {
    return this.#open.length > 0;
  }

  /** A kill line was read. */
  enter({ sequence, cgroup, likely }: LedgerKill): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#counted += 1;
    if (this.#expected === undefined) return;
    const counters = cgroup === undefined ? undefined : countersOf(this.#counters, cgroup);
    const isTold = counters !== undefined && !this.isWaiting;
    this.#entered = isTold ? { sequence, counters } : undefined;
    if (isTold) this.#enterSteps(counters);
    else this.#open = [...this.#open, { sequence, likely, counters, ordinal: this.#counted }];
  }

  /** The kernel names the cgroup of the last kill: what was thought of it is taken back. */
  tell(sequence: number, cgroup: string): void {
    const counters = countersOf(this.#counters, cgroup);
    if (this.#entered?.sequence === sequence) {
      this.#enterSteps(this.#entered.counters, -1);
      this.#enterSteps(counters);
    }
    this.#entered = undefined;
    this.#open = this.#open.map((one) => (one.sequence === sequence ? { ...one, counters } : one));
    if (this.#steps === undefined) this.#closeIfTold();
  }

  /** Reads the counters, where a kill is open that was not when they were read last. */
  look(): void {
    const untold = this.#open.findLast(({ counters }) => counters === undefined);
    const newest = untold ?? this.#open.at(-1);
    if (newest === undefined || newest.ordinal <= (this.#looks.at(-1)?.before ?? 0)) return;
    const look = lookAt(this.#counters);
    // A line cannot be read before it is counted: else the counters were first read with one on its way.
    if (look === undefined || look.before < this.#counted) return this.invalidate();
    this.#steps ??= this.#stepsBefore(look);
    this.#looks = [...this.#looks, look];
    if (!this.#steps.add(look)) this.invalidate();
  }

  /** Kill lines may have been lost: by how much the counters moved meanwhile nobody knows. */
  invalidate(): void {
    this.#expected = undefined;
    this.#entered = undefined;
    this.#lookedAt = undefined;
    this.#close();
  }

  /**
   * What the counters prove, by sequence. A look can be judged once the line of every kill that had
   * been counted when it ended has been read; the kills that are older than it are closed then. On v2
   * a pod's counter and its containers' agree only where nobody was killed during the look.
   */
  prove(): ReadonlyMap<number, KillEvidence> {
    const look = this.#looks.findLast(
      ({ before, after }) =>
        after <= this.#counted && (before === after || !this.#counters.isHierarchical),
    );
    if (look === undefined || this.#steps === undefined) return new Map();
    const concerned = this.#open.filter(({ ordinal }) => ordinal <= look.after);
    const matched = matchKills(concerned, this.#steps.takeUpTo(look.after));
    if (matched === undefined) {
      this.invalidate();
      return new Map();
    }
    this.#looks = this.#looks.slice(this.#looks.indexOf(look) + 1);
    this.#open = this.#open
      .filter(({ ordinal }) => ordinal > look.before)
      .map((kill) => (matched.has(kill.sequence) ? { ...kill, isSpent: true } : kill));
    this.#closeIfTold();
    return matched;
  }

  /**
   * The log is drained. Counters that nobody follows are read anew once the kernel counted nothing between
   * two such moments: then no line is on its way between being counted and being read.
   */
  drained(): void {
    if (this.#expected !== undefined || !this.#isCounting) return;
    const total = this.#counters.total();
    const before = this.#lookedAt;
    this.#lookedAt = total;
    if (total === undefined || total !== before) return;
    const rows = this.#counters.read();
    this.#isCounting = rows !== undefined;
    if (rows === undefined || this.#counters.total() !== total) return;
    this.#expected = new Map(rows);
    this.#counted = total;
  }

  /** What the counters should say by now; `undefined` while a kill is open or that is not known. */
  baselines(): CounterBaselines | undefined {
    if (this.#expected === undefined || this.isWaiting || this.#unsure.length > 0) return undefined;
    return { sequence: this.#sequence, total: this.#counted, rows: [...this.#expected] };
  }

  /** Goes on with baselines of the same boot: kill lines that are in them already are not entered again. */
  restore({ sequence, total, rows }: CounterBaselines): void {
    this.#expected = new Map(rows);
    this.#sequence = sequence;
    this.#counted = total;
  }

  /** From what was expected, without the cgroups that are gone, and with what was left unsure. */
  #stepsBefore({ rows }: CounterLook): CounterSteps {
    const kept = [...(this.#expected ?? [])].filter(([counter]) => rows.has(counter));
    const sure = this.#unsure.map((counter) => [counter, rows.get(counter) ?? 0] as const);
    this.#unsure = [];
    const before = new Map([...kept, ...sure]);
    const ordinal = (this.#open[0]?.ordinal ?? 0) - 1;
    return new CounterSteps(before, this.#counters.isHierarchical, ordinal);
  }

  /** Of every open kill the cgroup is known: what the counters said last, and what they did not know yet. */
  #closeIfTold(): void {
    if (this.#open.some(({ counters }) => counters === undefined)) return;
    if (this.#steps !== undefined) {
      this.#expected = new Map(this.#steps.last);
      this.#unsure = this.#open.flatMap(({ counters = [] }) => counters);
    }
    const unseen = this.#open.filter(({ isSpent }) => isSpent !== true);
    this.#enterSteps(unseen.flatMap(({ counters = [] }) => counters));
    this.#close();
  }

  #enterSteps(counters: readonly string[], by: 1 | -1 = 1): void {
    for (const counter of counters) {
      this.#expected?.set(counter, (this.#expected.get(counter) ?? 0) + by);
    }
  }

  #close(): void {
    this.#open = [];
    this.#steps = undefined;
    this.#looks = [];
  }
}
