import { isUnder, parseCgroupPath } from './cgroup-path.ts';
import type { CgroupEvents } from './cgroup-events.ts';
import type { EvidenceSource } from './episode.ts';

/** By how much the counters moved while marks were read. */
export interface Moves {
  /** v2: a cgroup's counter includes what happened below it. */
  readonly isHierarchical: boolean;
  /** Of the whole host: `/proc/vmstat`. */
  readonly kills: number;
  readonly cgroups: ReadonlyMap<string, CgroupEvents>;
  /** Whether a cgroup is still there: of one that is gone the last may not have been seen. */
  readonly isThere: (cgroup: string) => boolean;
}

/** Where somebody was killed, by the counters: a pod, on v1 a container's cgroup. */
export interface Place {
  readonly path: string;
  readonly kills: number;
  /** Kills of whole groups; `undefined` where the kernel does not count them. */
  readonly groupKills: number | undefined;
  /** The smallest cgroup in which all of it was, and what says so. */
  readonly cgroup: string;
  readonly source: Extract<EvidenceSource, 'counters' | 'pod-counter'>;
  /** Cgroups in there whose own counters stood still. */
  readonly unmoved: readonly string[];
}

/** Every place whose counter moved. */
export function placesIn(moves: Moves): readonly Place[] {
  return [...moves.cgroups].flatMap(([path, events]) => {
    const { kills } = events;
    if (kills === 0) return [];
    if (!moves.isHierarchical)
      return [{ path, kills, groupKills: 0, cgroup: path, source: 'counters', unmoved: [] }];
    const owner = parseCgroupPath(path);
    return owner?.podPath === path ? [podPlace(path, events, moves)] : [];
  });
}

function podPlace(
  path: string,
  { kills, groupKills }: CgroupEvents,
  { cgroups, isThere }: Moves,
): Place {
  const within = [...cgroups].filter(([cgroup]) => cgroup.startsWith(`${path}/`));
  const moved = within.filter(([, events]) => events.kills > 0);
  const told = sum(moved.map(([, events]) => events.kills));
  const [only, ...others] = moved;
  const cgroup = only !== undefined && others.length === 0 && told >= kills ? only[0] : path;
  const isPod = cgroup === path && parseCgroupPath(path)?.containerId === undefined;
  const unmoved = within.filter(([name, events]) => events.kills === 0 && isThere(name));
  return {
    path,
    kills,
    groupKills,
    cgroup,
    source: isPod ? 'pod-counter' : 'counters',
    unmoved: unmoved.map(([name]) => name),
  };
}

/** Whether a process that told that cgroup can be one of those that were killed there. */
export function mayHold(
  { path, unmoved }: Place,
  cgroup: string | undefined,
  { isHierarchical }: Moves,
): boolean {
  if (cgroup === undefined) return false;
  if (!isHierarchical) return cgroup === path;
  return isUnder(cgroup, path) && !unmoved.some((each) => isUnder(cgroup, each));
}

/** Whether the counter that a kill in this cgroup moves was read, and stood still. */
export function stoodStill(cgroup: string, { cgroups, isHierarchical, isThere }: Moves): boolean {
  const owner = parseCgroupPath(cgroup);
  const counters = isHierarchical
    ? [...cgroups.keys()].filter((each) => isUnder(cgroup, each))
    : [cgroup];
  const own = counters.filter((each) => owner === undefined || isUnder(each, owner.podPath));
  return own.some((each) => cgroups.get(each)?.kills === 0 && isThere(each));
}

/** Kills that are in no place: of the host's own units, or of pods whose cgroup is gone. */
export function killsElsewhere(
  { kills, cgroups, isHierarchical }: Moves,
  places: readonly Place[],
): Pick<Place, 'kills' | 'groupKills'> {
  const elsewhere = kills - sum(places.map((place) => place.kills));
  if (!isHierarchical) return { kills: elsewhere, groupKills: 0 };
  const top = [...cgroups].filter(([path]) => path.lastIndexOf('/') === 0);
  const groups = top.map(([, events]) => events.groupKills);
  if (groups.includes(undefined)) return { kills: elsewhere, groupKills: undefined };
  return {
    kills: elsewhere,
    groupKills: sum(groups) - sum(places.map(({ groupKills }) => groupKills)),
  };
}

/** Of numbers that may be unknown: these are nothing. */
export function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
