import type { KillEvidence } from './episode.ts';
import { isUnder } from './memcg-paths.ts';

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
  return (
    match(kills, steps) ??
    match(
      kills.map((kill) => ({ ...kill, likely: undefined })),
      steps,
    )
  );
}

/** Kills that are not matched yet, and steps that are nobody's. */
interface Unmatched {
  readonly open: readonly CountedKill[];
  readonly left: readonly CounterStep[];
}

function match(
  kills: readonly CountedKill[],
  steps: readonly CounterStep[],
): ReadonlyMap<number, KillEvidence> | undefined {
  const matched = new Map<number, KillEvidence>();
  const left = takeTold(kills, steps, matched);
  const open = kills
    .filter(({ counters }) => counters === undefined)
    .toSorted((a, b) => Number(a.isSpent ?? false) - Number(b.isSpent ?? false));
  const uncertain = takeCertain({ open, left }, matched);
  const isShared = share(takeLikely(uncertain, matched), matched);
  return isShared ? matched : undefined;
}

function takeCertain(all: Unmatched, matched: Map<number, KillEvidence>): Unmatched {
  let { open, left } = all;
  for (let found = certain(open, left); found !== undefined; found = certain(open, left)) {
    for (const { sequence } of found.kills) matched.set(sequence, evidenceOf(found.step));
    open = without(open, found.kills);
    left = lessen(left, found.step, found.kills.length);
  }
  return { open, left };
}

/** Where several remain, a main process gets the step of its own container, or of its pod. */
function takeLikely(all: Unmatched, matched: Map<number, KillEvidence>): Unmatched {
  let { open, left } = all;
  for (const step of all.left) {
    const kills = open.filter((kill) => isLikely(kill, step));
    if (kills.length > step.kills) continue;
    for (const { sequence, likely } of kills)
      matched.set(sequence, { ...oneOfSeveral(step), likely });
    open = without(open, kills);
    left = lessen(left, step, kills.length);
  }
  return { open, left };
}

/** Each step gets as many as it counted, whichever; false where there are too few. */
function share({ open, left }: Unmatched, matched: Map<number, KillEvidence>): boolean {
  let rest = open;
  return left
    .toSorted((a, b) => a.upTo - b.upTo)
    .every((step) => {
      const fitting = rest.filter((kill) => isInTime(kill, step)).slice(0, step.kills);
      for (const { sequence } of fitting) matched.set(sequence, oneOfSeveral(step));
      rest = without(rest, fitting);
      return fitting.length === step.kills;
    });
}

/** The steps less those of the kills whose cgroup is known. */
function takeTold(
  kills: readonly CountedKill[],
  steps: readonly CounterStep[],
  matched: Map<number, KillEvidence>,
): readonly CounterStep[] {
  return kills.reduce((left, kill) => {
    const { counters = [], sequence } = kill;
    const own = left.filter((step) => counters.includes(step.cgroup) && isInTime(kill, step));
    const merged = own.reduce<CounterStep | undefined>(merge, undefined);
    if (merged === undefined) return left;
    matched.set(sequence, evidenceOf(merged));
    return lessen([...left.filter((step) => !own.includes(step)), merged], merged, 1);
  }, steps);
}

/** Which of several steps a kill made cannot be said: they become one, of the larger cgroup. */
function merge(one: CounterStep | undefined, other: CounterStep): CounterStep {
  if (one === undefined) return other;
  const { cgroup, source, unmoved } = one.cgroup.length < other.cgroup.length ? one : other;
  return {
    cgroup,
    source,
    unmoved,
    kills: one.kills + other.kills,
    after: Math.min(one.after, other.after),
    upTo: Math.max(one.upTo, other.upTo),
  };
}

interface Certain {
  readonly step: CounterStep;
  readonly kills: readonly CountedKill[];
}

/**
 * Either a counter moved by as many kills as can have moved it at all; or every kill moved one, and
 * one of them can have moved no other than this.
 */
function certain(open: readonly CountedKill[], left: readonly CounterStep[]): Certain | undefined {
  for (const step of left) {
    const fitting = open.filter((kill) => isInTime(kill, step));
    if (fitting.length === step.kills) return { step, kills: fitting };
  }
  const allMoved = left.reduce((sum, { kills }) => sum + kills, 0) === open.length;
  for (const kill of allMoved ? open : []) {
    const [step, ...others] = left.filter((one) => isInTime(kill, one));
    if (step !== undefined && others.length === 0) return { step, kills: [kill] };
  }
  return undefined;
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

function without(
  kills: readonly CountedKill[],
  gone: readonly CountedKill[],
): readonly CountedKill[] {
  return kills.filter((kill) => !gone.includes(kill));
}

function lessen(
  steps: readonly CounterStep[],
  which: CounterStep,
  by: number,
): readonly CounterStep[] {
  return steps
    .map((step) => (step === which ? { ...step, kills: step.kills - by } : step))
    .filter(({ kills }) => kills > 0);
}
