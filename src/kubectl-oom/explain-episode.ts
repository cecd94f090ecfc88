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
 * @param told as in docs/webhook.md, with `tasks`
 */
export function explainEpisode(told: unknown, kill: OomKill): Explanation | undefined {
  const episode = episodeOf(told, kill);
  if (episode === undefined || kill.pod === undefined) return undefined;
  const options = { isDated: true, isTableCut: true };
  const explanation = explain(episode, attributionOf(told, kill), options);
  return { ...explanation, summary: safeText(kill.message) };
}

/** What is told of an episode, for the rules of `explain`; `undefined` where it names no process. */
export function episodeOf(told: unknown, kill: OomKill): OomEpisode | undefined {
  const victim = processOf(field(told, 'victim'));
  if (victim === undefined) return undefined;
  const {
    sequence = 0,
    monotonicUs = 0,
    killLines = 1,
    usageKb,
    limitKb,
  } = figuresOf<OomEpisode>(told);
  return {
    sequence,
    lastSequence: sequence,
    monotonicUs,
    atMs: timeMs(told, 'time') ?? 0,
    context: kill.context ?? 'partial',
    constraint: text(told, 'constraint'),
    limitLevel: kill.limitLevel,
    oomMemcg: text(told, 'oomMemcg'),
    taskMemcg: text(told, 'taskMemcg'),
    killLines,
    usageKb,
    limitKb,
    memory: figuresOf<MemoryStatistics>(field(told, 'memory')),
    invoker: invokerOf(field(told, 'invoker')),
    victim,
    members: items(told, 'members').flatMap((member) => processOf(member) ?? []),
    tasks: items(told, 'tasks').flatMap((task) => taskOf(task) ?? []),
  };
}

/** Whose it was, as far as the kill and its episode tell. */
export function attributionOf(told: unknown, kill: OomKill): Attribution {
  const { namespace = '', pod = '', container, limitLevel, mainProcessSurvived } = kill;
  const uid = text(told, 'podUid') ?? '';
  const entry = { namespace, name: pod, uid, referenceUid: uid, cgroupUid: uid, containers: [] };
  const subject: Subject = {
    kind: 'pod',
    pod: entry,
    ...(container !== undefined && { container: { name: container, list: 'containers', ids: [] } }),
  };
  const owner = parseCgroupPath(text(told, 'taskMemcg') ?? '');
  const facts = withoutAbsent({ owner, limitLevel, mainProcessSurvived });
  return { subjects: [subject], source: 'kernel', ...facts };
}

function processOf(value: unknown): KilledProcess | undefined {
  const figures = figuresOf<KilledProcess>(value);
  if (!hasAll(figures, ['pid'])) return undefined;
  return { ...figures, comm: text(value, 'comm') ?? '' };
}

function taskOf(value: unknown): TaskRow | undefined {
  const figures = figuresOf<TaskRow>(value);
  if (!hasAll(figures, ['pid', 'tgid', 'uid', 'totalVmPages', 'rssPages', 'oomScoreAdj']))
    return undefined;
  return { ...figures, comm: text(value, 'comm') ?? '' };
}

function invokerOf(value: unknown): Invoker | undefined {
  const figures = figuresOf<Invoker>(value);
  if (!hasAll(figures, ['order', 'oomScoreAdj'])) return undefined;
  return { ...figures, comm: text(value, 'comm') ?? '', gfpMask: text(value, 'gfpMask') ?? '' };
}

type Figures<T> = { readonly [K in keyof T]?: number };

/** The whole numbers among an object's fields; none of anything else. */
function figuresOf<T>(value: unknown): Figures<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const figures = Object.entries(value).filter(([, figure]) => Number.isSafeInteger(figure));
  return Object.fromEntries(figures) as Figures<T>;
}

function hasAll<T extends object, K extends keyof T>(
  figures: T,
  keys: readonly K[],
): figures is T & Required<Pick<T, K>> {
  return keys.every((key) => figures[key] !== undefined);
}
