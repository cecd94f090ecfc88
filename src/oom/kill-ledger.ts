import { containerPath, parseCgroupPath } from './cgroup-path.ts';
import { CounterSteps, type CounterLook } from './counter-steps.ts';
import type { KillEvidence } from './episode.ts';
import { matchKills, type CountedKill } from './match-kills.ts';

/** The kernel's own counters of OOM kills. */
export interface OomCounters {
  /** v2: a cgroup's counter includes what happened below it. */
  readonly isHierarchical: boolean;
  /** `oom_kill` of every pod's and container's cgroup there is; `undefined` where the kernel has none. */
  read(): ReadonlyMap<string, number> | undefined;
  /** `/proc/vmstat` `oom_kill`: the whole host's. */
  total(): number | undefined;
}

/** What is known of the counters after some kill line: JSON, for the store. */
export interface CounterBaselines {
  /** Of the last kill line that is in it. */
  readonly sequence: number;
  readonly total: number;
  readonly rows: readonly (readonly [cgroup: string, kills: number])[];
}

/** A kill line, and the victim's cgroup where somebody told it. */
export interface LedgerKill {
  readonly sequence: number;
  readonly cgroup?: string | undefined;
  /** Where the victim was if its pid was still what it had been: said where the counters agree. */
  readonly likely?: string | undefined;
}

/**
 * Keeps the cgroup counters' books: every kill line explains one step of one counter, so a step
 * that no known kill explains was a kill whose cgroup nobody told. The counters are read only for
 * such kills, and once when the log is drained after the books were in doubt.
 *
 * What makes it proof and not likelihood is `/proc/vmstat`: once as many kill lines have been read
 * as the kernel had counted when the counters were read, no step belongs to a line still to come.
 * Where that cannot be shown the books are in doubt, and nothing is said until they are begun anew.
 */
export class KillLedger {
  readonly #counters: OomCounters;
  /** What each counter should say; `undefined` while in doubt. A cgroup not in it is newer than it. */
  #books: Map<string, number> | undefined;
  /** Kills counted on the whole host, by the lines read. */
  #counted = 0;
  #sequence = -1;
  /** The last kill whose cgroup was told at once, and what it moved. */
  #entered: { readonly sequence: number; readonly counters: readonly string[] } | undefined;
  /** The host's counter when the log was drained before. */
  #lookedAt: number | undefined;
  /** Linux before 4.13 counts nothing. */
  #isCounting: boolean;
  /** The kills since the first one that nobody told; the books stand still meanwhile. */
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
    return this.#open.some(
      (kill) => kill.sequence === sequence && kill.counters === undefined && kill.isSpent !== true,
    );
  }

  get isWaiting(): boolean {
    return this.#open.length > 0;
  }

  /** A kill line was read. */
  enter({ cgroup, ...kill }: LedgerKill): void {
    if (kill.sequence <= this.#sequence) return;
    this.#sequence = kill.sequence;
    this.#counted += 1;
    if (this.#books === undefined) return;
    const counters = cgroup === undefined ? undefined : this.#countersOf(cgroup);
    if (counters === undefined || this.isWaiting) {
      this.#open = [...this.#open, { ...kill, ordinal: this.#counted, counters }];
      this.#entered = undefined;
    } else {
      this.#enterSteps(counters);
      this.#entered = { sequence: kill.sequence, counters };
    }
  }

  /** The kernel names the cgroup of the last kill: what was thought of it is taken back. */
  tell(sequence: number, cgroup: string): void {
    const counters = this.#countersOf(cgroup);
    if (this.#entered?.sequence === sequence) {
      this.#enterSteps(this.#entered.counters, -1);
      this.#enterSteps(counters);
    }
    this.#entered = undefined;
    this.#open = this.#open.map((kill) =>
      kill.sequence === sequence ? { ...kill, counters } : kill,
    );
    if (this.#steps === undefined && this.#open.every((kill) => kill.counters !== undefined)) {
      for (const kill of this.#open) this.#enterSteps(kill.counters ?? []);
      this.#close();
    }
  }

  /** Reads the counters, where a kill is open that was not when they were read last. */
  look(): void {
    const untold = this.#open.findLast(({ counters }) => counters === undefined);
    const newest = untold ?? this.#open.at(-1);
    if (newest === undefined || newest.ordinal <= (this.#looks.at(-1)?.before ?? 0)) return;
    const look = this.#readCounters();
    if (look === undefined || this.#books === undefined) return this.doubt();
    const { isHierarchical } = this.#counters;
    const inBooks = (this.#open[0]?.ordinal ?? 0) - 1;
    this.#steps ??= new CounterSteps(this.#tidied(look), isHierarchical, inBooks);
    this.#looks = [...this.#looks, look];
    if (!this.#steps.add(look)) this.doubt();
  }

  /** Kill lines may have been lost: the books are wrong by nobody knows what. */
  doubt(): void {
    this.#books = undefined;
    this.#entered = undefined;
    this.#lookedAt = undefined;
    this.#close();
  }

  /**
   * What the counters prove, by sequence. A look can be judged once the line of every kill that had
   * been counted when it ended has been read; the kills that are older than it are closed then.
   */
  settle(): ReadonlyMap<number, KillEvidence> {
    const look = this.#looks.findLast((one) => this.#isJudged(one));
    if (look === undefined || this.#steps === undefined) return new Map();
    const concerned = this.#open.filter(({ ordinal }) => ordinal <= look.after);
    const matched = matchKills(concerned, this.#steps.takeUpTo(look.after));
    if (matched === undefined) {
      this.doubt();
      return new Map();
    }
    this.#looks = this.#looks.slice(this.#looks.indexOf(look) + 1);
    this.#open = this.#open
      .filter(({ ordinal }) => ordinal > look.before)
      .map((kill) => (matched.has(kill.sequence) ? { ...kill, isSpent: true } : kill));
    if (this.#open.every(({ counters }) => counters !== undefined)) this.#closeBooks(this.#steps);
    return matched;
  }

  /**
   * The log is drained. Books in doubt are begun anew once the kernel counted nothing between two
   * such moments: then no line is on its way between being counted and being read.
   */
  drained(): void {
    if (this.#books !== undefined || !this.#isCounting) return;
    const total = this.#counters.total();
    const before = this.#lookedAt;
    this.#lookedAt = total;
    if (total === undefined || total !== before) return;
    const rows = this.#counters.read();
    this.#isCounting = rows !== undefined;
    if (rows === undefined || this.#counters.total() !== total) return;
    this.#books = new Map(rows);
    this.#counted = total;
  }

  /** The books as they stand; `undefined` while something in them is open or in doubt. */
  baselines(): CounterBaselines | undefined {
    if (this.#books === undefined || this.isWaiting || this.#unsure.length > 0) return undefined;
    return { sequence: this.#sequence, total: this.#counted, rows: [...this.#books] };
  }

  /** Goes on with books of the same boot: kill lines that are in them already are not entered again. */
  restore({ sequence, total, rows }: CounterBaselines): void {
    this.#books = new Map(rows);
    this.#sequence = sequence;
    this.#counted = total;
  }

  /** v2: a pod's counter and its containers' agree only where nobody was killed meanwhile. */
  #isJudged({ before, after }: CounterLook): boolean {
    return after <= this.#counted && (after === before || !this.#counters.isHierarchical);
  }

  /** A line cannot be read before it is counted: else the books were begun with one on its way. */
  #readCounters(): CounterLook | undefined {
    const before = this.#counters.total();
    const rows = this.#counters.read();
    const after = this.#counters.total();
    if (rows === undefined || after === undefined || before === undefined) return undefined;
    return before < this.#counted ? undefined : { rows, before, after };
  }

  /** The books without the cgroups that are gone, and with what was left unsure. */
  #tidied({ rows }: CounterLook): ReadonlyMap<string, number> {
    const kept = [...(this.#books ?? [])].filter(([counter]) => rows.has(counter));
    const sure = this.#unsure.map((counter) => [counter, rows.get(counter) ?? 0] as const);
    this.#unsure = [];
    return new Map([...kept, ...sure]);
  }

  /** Nobody is open: what the counters said last, and the known kills they did not know yet. */
  #closeBooks({ last }: CounterSteps): void {
    this.#books = new Map(last);
    for (const { counters = [], isSpent = false } of this.#open) {
      if (!isSpent) this.#enterSteps(counters);
      this.#unsure = [...this.#unsure, ...counters];
    }
    this.#close();
  }

  #enterSteps(counters: readonly string[], by: 1 | -1 = 1): void {
    for (const counter of counters) {
      this.#books?.set(counter, (this.#books.get(counter) ?? 0) + by);
    }
  }

  /** Which counters a kill moves: v1 the cgroup's own, v2 the container's and the pod's as well. */
  #countersOf(cgroup: string): readonly string[] {
    if (!this.#counters.isHierarchical) return [cgroup];
    const podPath = parseCgroupPath(cgroup)?.podPath;
    if (podPath === undefined) return [];
    return [...new Set([containerPath(cgroup, podPath), podPath])];
  }

  #close(): void {
    this.#open = [];
    this.#steps = undefined;
    this.#looks = [];
  }
}
