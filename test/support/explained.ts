import { factsOf, type Facts } from '../../src/explain/facts.ts';
import { RULES } from '../../src/explain/advise.ts';
import type { MemoryStatistics, OomEpisode, TaskRow } from '../../src/oom/episode.ts';
import type { Attribution } from '../../src/pods/attribute.ts';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import { anEpisode } from './an-episode.ts';

/** A row of the task table; 4 kB pages, as the victim of `anEpisode` would have them. */
export function aTask(facts: Partial<TaskRow> = {}): TaskRow {
  const { pid = 4242 } = facts;
  return {
    pid,
    tgid: pid,
    uid: 0,
    comm: 'java',
    totalVmPages: 200_000,
    rssPages: 127_488,
    oomScoreAdj: 900,
    ...facts,
  };
}

/** An episode whose victim is in its table, so that the size of a page is known. */
export function aListedEpisode(facts: Partial<OomEpisode> = {}): OomEpisode {
  const victim = { pid: 4242, comm: 'java', totalVmKb: 800_000, anonRssKb: 509_952 };
  return anEpisode({ victim, tasks: [aTask()], ...facts });
}

/** Whose it is, by its path alone. */
export function anAttribution(episode: OomEpisode, facts: Partial<Attribution> = {}): Attribution {
  const owner = parseCgroupPath(episode.taskMemcg ?? '');
  return {
    subjects: [{ kind: 'node' }],
    source: 'kernel',
    ...(owner !== undefined && { owner }),
    ...(episode.limitLevel !== undefined && { limitLevel: episode.limitLevel }),
    ...facts,
  };
}

/** What one rule says of an episode. */
export function adviceOf(
  rule: string,
  episode: OomEpisode,
  attribution: Partial<Attribution> = {},
  isTableCut = false,
): string | undefined {
  const facts: Facts = factsOf(episode, anAttribution(episode, attribution), isTableCut);
  const found = RULES.find(({ name }) => name === rule);
  if (found === undefined) throw new Error(`no rule is called ${rule}`);
  return found.advise(facts);
}

/** Statistics of a cgroup that holds 512Mi, nearly all of it anonymous. */
export function ofCgroup(facts: Partial<MemoryStatistics> = {}): MemoryStatistics {
  return { anonKb: 510_000, fileKb: 0, shmemKb: 0, kernelKb: 10_000, ...facts };
}

/** Statistics of a node of 8Gi that has nothing left. */
export function ofNode(facts: Partial<MemoryStatistics> = {}): MemoryStatistics {
  return {
    totalKb: 8_388_608,
    freeKb: 60_000,
    anonKb: 8_000_000,
    fileKb: 30_000,
    shmemKb: 10_000,
    slabKb: 100_000,
    ...facts,
  };
}

/** A system-wide one. */
export function aSystemEpisode(facts: Partial<OomEpisode> = {}): OomEpisode {
  return aListedEpisode({
    constraint: 'CONSTRAINT_NONE',
    limitLevel: 'system',
    oomMemcg: undefined,
    usageKb: undefined,
    limitKb: undefined,
    invoker: { comm: 'java', gfpMask: '0x140dca', order: 0, oomScoreAdj: 900 },
    memory: ofNode(),
    ...facts,
  });
}
