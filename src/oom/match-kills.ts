import type { KillEvidence } from './episode.ts';
import { isUnder } from './cgroup-path.ts';

/** A kill, as the counters may know it. */
export interface CountedKill {
  readonly sequence: number;
  /**
   * Its place among all kills of the host. Kills are counted and printed one at a time under
   * `oom_lock` (mm/oom_kill.c), so the n-th line is the n-th one counted.
   */
  readonly ordinal: number;
  /** The counters it moved, where somebody told its cgroup: the smallest cgroup first. */
  readonly counters?: readonly string[] | undefined;
  /** Of the container whose main process had the victim's pid, where nobody told its cgroup. */
  readonly likely?: string | undefined;
  /** It has been matched, but with a look that may have missed its own step: it may claim one more. */
  readonly isSpent?: boolean | undefined;
}

/** A counter that was seen to have moved. */
export interface CounterStep {
  readonly cgroup: string;
  readonly source: 'counters' | 'pod-counter';
  /** By how much. */
  readonly kills: number;
  /** Kills up to this one had been counted before it was last seen unmoved. */
  readonly after: number;
  /** And up to this one when it was seen. */
  readonly upTo: number;
  /** Of a pod's: cgroups in it that stood still. */
  readonly unmoved?: readonly string[] | undefined;
}

/**
 * Which kill was where, given that every step was caused by one of `kills`. Names a cgroup for a
 * kill only where no other assignment is possible; what remains gets its kills without saying which
 * is which. `undefined` where the premise cannot hold.
 *
 * Kills whose cgroup is known are in the answer where their step was among these.
 */
export function matchKills(
  kills: readonly CountedKill[],
  steps: readonly CounterStep[],
): ReadonlyMap<number, KillEvidence> | undefined {
  // A likely place that leaves the others none was not the right one.
  const unlikely = kills.map((kill) => ({ ...kill, likely: undefined }));
  return new Matching(kills, steps).match() ?? new Matching(unlikely, steps).match();
}

/** What is known of it so far. */
class Matching {
  readonly #matched = new Map<number, KillEvidence>();
  readonly #told: readonly CountedKill[];
  /** Kills that are not matched yet. */
  #open: readonly CountedKill[];
  /** Steps that are nobody's. */
  #left: readonly CounterStep[];

  constructor(kills: readonly CountedKill[], steps: readonly CounterStep[]) {
    this.#told = kills.filter(({ counters }) => counters !== undefined);
    this.#open = kills
      .filter(({ counters }) => counters === undefined)
      .toSorted((a, b) => Number(a.isSpent ?? false) - Number(b.isSpent ?? false));
    this.#left = steps;
  }

  match(): ReadonlyMap<number, KillEvidence> | undefined {
    this.#takeTold();
    this.#takeCertain();
    this.#takeLikely();
    this.#share();
    return this.#left.length === 0 ? this.#matched : undefined;
  }

  /** Where the cgroup of a kill is known, its step is. */
  #takeTold(): void {
    for (const kill of this.#told) {
      const own = this.#left.filter(
        (step) => kill.counters?.includes(step.cgroup) === true && isInTime(kill, step),
      );
      const [first, ...others] = own;
      if (first === undefined) continue;
      const merged = others.reduce(merge, first);
      this.#left = [...this.#left.filter((step) => !own.includes(step)), merged];
      this.#assign([kill], merged, evidenceOf);
    }
  }

  #takeCertain(): void {
    for (let found = this.#certain(); found !== undefined; found = this.#certain()) {
      this.#assign(found.kills, found.step, evidenceOf);
    }
  }

  /**
   * Either a counter moved by as many kills as can have moved it at all; or every kill moved one, and
   * one of them can have moved no other than this.
   */
  #certain(): { step: CounterStep; kills: readonly CountedKill[] } | undefined {
    for (const step of this.#left) {
      const fitting = this.#open.filter((kill) => isInTime(kill, step));
      if (fitting.length === step.kills) return { step, kills: fitting };
    }
    const moved = this.#left.reduce((sum, { kills }) => sum + kills, 0);
    for (const kill of moved === this.#open.length ? this.#open : []) {
      const [step, ...others] = this.#left.filter((one) => isInTime(kill, one));
      if (step !== undefined && others.length === 0) return { step, kills: [kill] };
    }
    return undefined;
  }

  /** Where several remain, a main process gets the step of its own container, or of its pod. */
  #takeLikely(): void {
    for (const step of this.#left) {
      const kills = this.#open.filter((kill) => isLikely(kill, step));
      if (kills.length > step.kills) continue;
      this.#assign(kills, step, (_, { likely }) => ({ ...oneOfSeveral(step), likely }));
    }
  }

  /** Each step gets as many as it counted, whichever: of one that gets too few some is left. */
  #share(): void {
    for (const step of this.#left.toSorted((a, b) => a.upTo - b.upTo)) {
      const fitting = this.#open.filter((kill) => isInTime(kill, step));
      this.#assign(fitting.slice(0, step.kills), step, oneOfSeveral);
    }
  }

  #assign(
    kills: readonly CountedKill[],
    step: CounterStep,
    evidence: (step: CounterStep, kill: CountedKill) => KillEvidence,
  ): void {
    for (const kill of kills) this.#matched.set(kill.sequence, evidence(step, kill));
    this.#open = this.#open.filter((kill) => !kills.includes(kill));
    this.#left = this.#left
      .map((one) => (one === step ? { ...step, kills: step.kills - kills.length } : one))
      .filter((one) => one.kills > 0);
  }
}

/** Which of several steps a kill made cannot be said: they become one, of the larger cgroup. */
function merge(one: CounterStep, other: CounterStep): CounterStep {
  return {
    ...(one.cgroup.length < other.cgroup.length ? one : other),
    kills: one.kills + other.kills,
    after: Math.min(one.after, other.after),
    upTo: Math.max(one.upTo, other.upTo),
  };
}

/** A counter that includes the container's moved, and the container's own did not stand still. */
function isLikely(kill: CountedKill, step: CounterStep): boolean {
  const { likely } = kill;
  if (likely === undefined || !isUnder(likely, step.cgroup) || !isInTime(kill, step)) return false;
  return !(step.unmoved ?? []).some((cgroup) => isUnder(likely, cgroup));
}

function isInTime({ ordinal }: CountedKill, { after, upTo }: CounterStep): boolean {
  return ordinal > after && ordinal <= upTo;
}

function evidenceOf({ cgroup, source, unmoved }: CounterStep): KillEvidence {
  return { cgroup, source, unmoved };
}

function oneOfSeveral(step: CounterStep): KillEvidence {
  return { ...evidenceOf(step), isOneOfSeveral: true };
}
