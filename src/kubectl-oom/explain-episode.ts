import type { Explanation } from '../explain/explanation.ts';
import { explain } from '../explain/explain.ts';
import { field, items, text, timeMs } from '../kube/loose-json.ts';
import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type {
  Invoker,
  KilledProcess,
  MemoryStatistics,
  OomEpisode,
  TaskRow,
} from '../oom/episode.ts';
import type { Attribution, Subject } from '../pods/attribute.ts';
import { safeText } from '../safe-text.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { OomKill } from './oom-kill.ts';

/**
 * The explanation of an episode of a node's history, as `oom-recorder explain` gives it; `undefined` where it
 * names no process. Whoever is behind the port may have written it: a wrong shape is an absent field.
 *
 * @param episode as in docs/webhook.md, with `tasks`
 */
export function explainEpisode(episode: unknown, kill: OomKill): Explanation | undefined {
  const victim = processOf(field(episode, 'victim'));
  if (victim === undefined || kill.pod === undefined) return undefined;
  const attribution = attributionOf(episode, kill);
  const explanation = explain(oomEpisode(episode, victim, kill), attribution, {
    isDated: true,
    isTableCut: true,
  });
  return { ...explanation, summary: safeText(kill.message) };
}

function oomEpisode(episode: unknown, victim: KilledProcess, kill: OomKill): OomEpisode {
  const sequence = number(episode, 'sequence') ?? 0;
  return {
    sequence,
    lastSequence: sequence,
    monotonicUs: number(episode, 'monotonicUs') ?? 0,
    atMs: timeMs(episode, 'time') ?? 0,
    context: kill.context ?? 'partial',
    constraint: text(episode, 'constraint'),
    limitLevel: kill.limitLevel,
    oomMemcg: text(episode, 'oomMemcg'),
    taskMemcg: text(episode, 'taskMemcg'),
    killLines: number(episode, 'killLines') ?? 1,
    usageKb: number(episode, 'usageKb'),
    limitKb: number(episode, 'limitKb'),
    memory: memoryOf(field(episode, 'memory')),
    invoker: invokerOf(field(episode, 'invoker')),
    victim,
    members: items(episode, 'members')
      .map(processOf)
      .filter((member) => member !== undefined),
    tasks: items(episode, 'tasks')
      .map(taskOf)
      .filter((task) => task !== undefined),
  };
}

function attributionOf(episode: unknown, kill: OomKill): Attribution {
  const { namespace = '', pod = '', container, limitLevel, mainProcessSurvived } = kill;
  const uid = text(episode, 'podUid') ?? '';
  const entry = { namespace, name: pod, uid, referenceUid: uid, cgroupUid: uid, containers: [] };
  const subject: Subject = {
    kind: 'pod',
    pod: entry,
    ...(container !== undefined && { container: { name: container, list: 'containers', ids: [] } }),
  };
  const owner = parseCgroupPath(text(episode, 'taskMemcg') ?? '');
  const facts = withoutAbsent({ owner, limitLevel, mainProcessSurvived });
  return { subjects: [subject], source: 'kernel', ...facts };
}

function processOf(value: unknown): KilledProcess | undefined {
  const pid = number(value, 'pid');
  if (pid === undefined) return undefined;
  const sizes = numbers(value, PROCESS_FIGURES);
  return { pid, comm: text(value, 'comm') ?? '', ...sizes };
}

const PROCESS_FIGURES = [
  'uid',
  'totalVmKb',
  'anonRssKb',
  'fileRssKb',
  'shmemRssKb',
  'pgtablesKb',
  'oomScoreAdj',
] as const satisfies readonly (keyof KilledProcess)[];

const TASK_FIGURES = ['tgid', 'uid', 'totalVmPages', 'rssPages', 'oomScoreAdj'] as const;
const MORE_TASK_FIGURES = [
  'rssAnonPages',
  'rssFilePages',
  'rssShmemPages',
  'pgtablesBytes',
  'swapEntries',
] as const;

function taskOf(value: unknown): TaskRow | undefined {
  const pid = number(value, 'pid');
  const figures = numbers(value, TASK_FIGURES);
  if (pid === undefined || !isWhole(figures, TASK_FIGURES)) return undefined;
  return { pid, comm: text(value, 'comm') ?? '', ...figures, ...numbers(value, MORE_TASK_FIGURES) };
}

function memoryOf(value: unknown): MemoryStatistics {
  return numbers(value, MEMORY_FIGURES);
}

const MEMORY_FIGURES = [
  'totalKb',
  'freeKb',
  'anonKb',
  'fileKb',
  'shmemKb',
  'unevictableKb',
  'kernelKb',
  'slabKb',
  'pagetablesKb',
  'kernelStackKb',
  'percpuKb',
  'sockKb',
  'hugepagesKb',
  'swapUsageKb',
  'swapLimitKb',
] as const satisfies readonly (keyof MemoryStatistics)[];

function invokerOf(value: unknown): Invoker | undefined {
  const figures = numbers(value, INVOKER_FIGURES);
  if (!isWhole(figures, INVOKER_FIGURES)) return undefined;
  return { comm: text(value, 'comm') ?? '', gfpMask: text(value, 'gfpMask') ?? '', ...figures };
}

const INVOKER_FIGURES = ['order', 'oomScoreAdj'] as const;

function number(value: unknown, key: string): number | undefined {
  const found = field(value, key);
  return Number.isSafeInteger(found) ? (found as number) : undefined;
}

/** Those of the figures that are there. */
function numbers<K extends string>(
  value: unknown,
  keys: readonly K[],
): { readonly [P in K]?: number } {
  const found = keys.flatMap((key) => {
    const figure = number(value, key);
    return figure === undefined ? [] : [[key, figure] as const];
  });
  return Object.fromEntries(found) as { readonly [P in K]?: number };
}

function isWhole<K extends string>(
  figures: { readonly [P in K]?: number },
  keys: readonly K[],
): figures is { readonly [P in K]: number } {
  return keys.every((key) => figures[key] !== undefined);
}
