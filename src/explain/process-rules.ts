import { formatKb } from '../recorder/format-kb.ts';
import type { TaskRow } from '../oom/episode.ts';
import type { Rule } from './advise.ts';
import { type Facts, isContainers, quoted } from './facts.ts';

/** A pool of workers has four or eight; ten that hold most of the memory are many. */
const MANY = 10;
const MOST = 0.5;
/** So many times the victim's memory is no accident of the moment. */
const MUCH_LARGER = 2;

/** Rules about who was there and who was killed; the conditions are in docs/explain.md. */
export const PROCESS_RULES: readonly Rule[] = [
  { name: 'not-the-largest', advise: (facts) => adviseHog(facts) },
  { name: 'many-alike', advise: (facts) => adviseMany(facts) },
  { name: 'group-kill', advise: (facts) => adviseGroup(facts) },
];

function adviseHog({ episode, killed, tasks, pageKb }: Facts): string | undefined {
  const dead = new Set(killed.map(({ pid }) => pid));
  const victim = tasks.find(({ pid }) => pid === episode.victim.pid);
  const [largest] = tasks.toSorted((a, b) => b.rssPages - a.rssPages);
  if (victim === undefined || largest === undefined || dead.has(largest.pid)) return undefined;
  if (largest.rssPages < victim.rssPages * MUCH_LARGER) return undefined;
  if (largest.oomScoreAdj >= victim.oomScoreAdj) return undefined;
  const size = pageKb === undefined ? '' : ` (${formatKb(largest.rssPages * pageKb)})`;
  const times =
    victim.rssPages === 0
      ? 'more'
      : `${Math.floor(largest.rssPages / victim.rssPages)} times as much`;
  return `The victim was not the largest: ${quoted(largest.comm)} (pid ${largest.pid}) held ${times}${size} and lives, for its oom_score_adj is ${largest.oomScoreAdj} and the victim's ${victim.oomScoreAdj}. Look at it first.`;
}

function adviseMany({ tasks, pageKb, isTableCut }: Facts): string | undefined {
  if (isTableCut) return undefined;
  const alike = Map.groupBy(
    tasks.filter(({ pid, tgid }) => pid === tgid),
    ({ comm }) => comm,
  );
  const [comm, most] = [...alike].reduce<readonly [string, readonly TaskRow[]]>(
    (largest, next) => (pagesOf(next[1]) > pagesOf(largest[1]) ? next : largest),
    ['', []],
  );
  if (most.length < MANY || pagesOf(most) < pagesOf(tasks) * MOST) return undefined;
  const size = pageKb === undefined ? '' : `, ${formatKb(pagesOf(most) * pageKb)} together`;
  return `${most.length} processes are called ${quoted(comm)}${size}: no single one is large. Limit how many there may be (workers, connections, the pod's pids limit), or look for a fork bomb.`;
}

function pagesOf(tasks: readonly TaskRow[]): number {
  return tasks.reduce((sum, { rssPages }) => sum + rssPages, 0);
}

function adviseGroup({ episode, killed }: Facts): string | undefined {
  const { group } = episode;
  if (group === undefined || killed.length === 1) return undefined;
  const whole = `The kernel killed the whole cgroup (${killed.length} processes), for memory.oom.group is set on it.`;
  return isContainers(group)
    ? `${whole} The kubelet sets it for containers on cgroup v2; singleProcessOOMKill: true in its configuration (Kubernetes 1.32 and later) has one process killed at a time.`
    : `${whole} Whoever made ${quoted(group)} set it (OOMPolicy=kill of a systemd unit).`;
}
