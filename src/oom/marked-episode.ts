import { isUnder, parseCgroupPath } from './cgroup-path.ts';
import type { OomEpisode } from './episode.ts';
import { limitLevel } from './limit-level.ts';
import type { Moves } from './marked-places.ts';
import type { ProvedKill } from './prove-marks.ts';

/**
 * The episode of a kill that the tracepoint marked: without a report, whose limit it was only as far as the
 * counters tell.
 *
 * @param all the kills that were proved together with it
 */
export function markedEpisode(
  kill: ProvedKill,
  all: readonly ProvedKill[],
  cgroups: Moves['cgroups'],
): OomEpisode {
  const { marks, evidence, group, kills } = kill;
  const [{ sequence, monotonicUs, atMs, victim }, ...others] = marks;
  return {
    sequence,
    lastSequence: others.at(-1)?.sequence ?? sequence,
    monotonicUs,
    atMs,
    context: 'none',
    ...(kill.isSure && limitOf(kill, all, cgroups)),
    group,
    killLines: kills,
    victim,
    members: others.map((mark) => mark.victim),
    tasks: [],
    evidence,
  };
}

/**
 * A cgroup counts in its own `oom` that its limit was reached and nothing could be freed. One of those above the
 * victim did, and at least as often as there were kills there: that limit it was. None did below the top: then it
 * was no cgroup's limit, and memory was short in the system.
 */
function limitOf(
  { evidence }: ProvedKill,
  all: readonly ProvedKill[],
  cgroups: Moves['cgroups'],
): Pick<OomEpisode, 'oomMemcg' | 'limitKb' | 'limitLevel'> | undefined {
  const cgroup = evidence?.cgroup;
  if (cgroup === undefined) return undefined;
  const levels = [...cgroups].filter(([path]) => isUnder(cgroup, path) || isUnder(path, cgroup));
  const reached = levels.filter(([, { oomsHere = 0 }]) => oomsHere > 0);
  const [only, ...others] = reached;
  if (only === undefined) {
    const isSystems = levels.some(([path, { ooms }]) => path.lastIndexOf('/') === 0 && ooms === 0);
    return isSystems ? { limitLevel: 'system' } : undefined;
  }
  const [oomMemcg, { oomsHere = 0, limitKb }] = only;
  const below = all.filter((each) => isUnder(each.evidence?.cgroup ?? '', oomMemcg));
  if (others.length > 0 || oomsHere < below.length) return undefined;
  return { oomMemcg, limitKb, limitLevel: limitLevel(oomMemcg, parseCgroupPath(cgroup)) };
}
