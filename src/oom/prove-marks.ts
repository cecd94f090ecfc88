import { containerPath } from './cgroup-path.ts';
import type { KillEvidence } from './episode.ts';
import {
  killsElsewhere,
  mayHold,
  type Moves,
  type Place,
  placesIn,
  stoodStill,
  sum,
} from './marked-places.ts';
import { matchKills } from './match-kills.ts';
import type { SeenMark } from './seen-mark.ts';

/** Processes that the kernel killed by one decision, as far as the counters tell. */
export interface ProvedKill {
  /** The victim, and who was killed with it, in the order in which they were marked. */
  readonly marks: readonly [SeenMark, ...SeenMark[]];
  /** By how much the host's counter moved for it. */
  readonly kills: number;
  readonly evidence?: KillEvidence | undefined;
  /** They were killed as a group, of this cgroup. */
  readonly group?: string | undefined;
  /** Each of them was killed. Else so many as were counted, and the others were exiting by themselves. */
  readonly isSure: boolean;
}

/** What marks came to. */
export interface Proof {
  readonly kills: readonly ProvedKill[];
  /** Marks of processes that nobody killed. */
  readonly noKill: number;
  /** Kills that were counted, and that no mark explains. */
  readonly missing: number;
}

/** What is counted somewhere, and who was marked there. */
interface Counted extends Pick<Place, 'kills' | 'groupKills'> {
  readonly marks: readonly SeenMark[];
}

type EvidenceOf = (mark: SeenMark) => KillEvidence | undefined;

/**
 * Which marks were kills. `__oom_kill_process()` counts a kill in the victim's cgroup and all above it, then marks
 * the process: so of the marks of a cgroup as many were killed as were counted there. A group's first victim is
 * counted twice and marked once, if it is still there when the group's turn comes; the kernel counts its group
 * kills as well (before Linux 5.17 it does not, and one count more than marks is taken for one). A task that was
 * exiting by itself is marked, and counted nowhere.
 *
 * Where a process was, it told itself, or the counters do: a step that no mark of that place explains was a
 * process that had told nothing.
 *
 * @param marks in the order in which they were marked
 */
export function proveMarks(marks: readonly SeenMark[], moves: Moves): Proof {
  const places = placesIn(moves).map((place) => ({
    ...place,
    told: new Set(marks.filter((mark) => mayHold(place, mark.cgroup, moves))),
  }));
  const guesses = guess(marks, places);
  const evidenceOf: EvidenceOf = (mark) => guesses.get(mark.sequence) ?? toldBy(mark);
  const placed = places.map(({ told, ...place }) => ({
    ...place,
    marks: marks.filter(
      (mark) => told.has(mark) || guesses.get(mark.sequence)?.cgroup === place.cgroup,
    ),
  }));
  const isPlaced = new Set(placed.flatMap((place) => place.marks));
  const left = marks.filter((mark) => !isPlaced.has(mark));
  const elsewhere = left.filter(({ cgroup }) => cgroup === undefined || !stoodStill(cgroup, moves));
  const proofs = [
    ...placed.map((place) => proveAt(place, place.path, evidenceOf)),
    proveAt({ ...killsElsewhere(moves, places), marks: elsewhere }, undefined, evidenceOf),
  ];
  return {
    kills: proofs
      .flatMap(({ kills }) => kills)
      .toSorted((a, b) => a.marks[0].sequence - b.marks[0].sequence),
    noKill: left.length - elsewhere.length + sum(proofs.map(({ noKill }) => noKill)),
    missing: sum(proofs.map(({ missing }) => missing)),
  };
}

/** Where those were who told nothing: in the places that need them. */
function guess(
  marks: readonly SeenMark[],
  places: readonly (Place & { readonly told: ReadonlySet<SeenMark> })[],
): ReadonlyMap<number, KillEvidence> {
  const open = marks
    .filter(({ cgroup }) => cgroup === undefined)
    .map(({ sequence, likely }) => ({ sequence, likely, ordinal: 1 }));
  const steps = places.flatMap(({ cgroup, source, unmoved, told, ...counted }) => {
    const kills = killedAtLeast({ ...counted, marks: [...told] }) - told.size;
    return kills > 0 ? [{ cgroup, source, unmoved, kills, after: 0, upTo: 1 }] : [];
  });
  return matchKills(open, steps) ?? new Map();
}

/** How many different processes were killed there. */
function killedAtLeast(counted: Counted): number {
  return counted.kills > 0 ? Math.max(1, counted.kills - groupKillsOf(counted)) : 0;
}

function groupKillsOf({ kills, groupKills, marks }: Counted): number {
  return groupKills ?? Math.min(1, Math.max(0, kills - marks.length));
}

function proveAt(counted: Counted, pod: string | undefined, evidenceOf: EvidenceOf): Proof {
  const killed = killedAtLeast(counted);
  const { marks, kills } = counted;
  const missing = Math.max(0, killed - marks.length);
  if (kills <= 0 || marks.length === 0) return { kills: [], noKill: marks.length, missing };
  const isSure = marks.length <= killed;
  const isTold = (mark: SeenMark): boolean => isSure || evidenceOf(mark) !== undefined;
  const chosen = marks.filter(isTold).slice(0, kills);
  const [first, ...others] = chosen;
  if (first === undefined) return { kills: [], noKill: 0, missing: missing + kills };
  const ofMark = (mark: SeenMark) => ({ isSure, evidence: sayIfUnsure(evidenceOf(mark), isSure) });
  const group = groupKillsOf(counted) === 1 ? commonCgroup(chosen, pod) : undefined;
  const proved: readonly ProvedKill[] =
    group === undefined
      ? chosen.map((mark) => ({ marks: [mark], kills: 1, ...ofMark(mark) }))
      : [{ marks: [first, ...others], kills, group: group.path, ...ofMark(first) }];
  return { kills: proved, noKill: Math.max(0, marks.length - kills), missing };
}

/** The cgroup of a group's processes: a container's, elsewhere a unit's; unknown where none told its own. */
function commonCgroup(
  marks: readonly SeenMark[],
  pod: string | undefined,
): { readonly path: string | undefined } | undefined {
  const told = marks.flatMap(({ cgroup }) => (cgroup === undefined ? [] : [cgroup]));
  const cgroups = new Set(
    told.map((each) => (pod === undefined ? each : containerPath(each, pod))),
  );
  const [path, ...others] = cgroups;
  return others.length === 0 ? { path } : undefined;
}

function toldBy({ cgroup, source }: SeenMark): KillEvidence | undefined {
  return cgroup === undefined || source === undefined ? undefined : { cgroup, source };
}

function sayIfUnsure(
  evidence: KillEvidence | undefined,
  isSure: boolean,
): KillEvidence | undefined {
  return evidence === undefined || isSure ? evidence : { ...evidence, isOneOfSeveral: true };
}
