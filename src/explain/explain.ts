import type { OomEpisode } from '../oom/episode.ts';
import { UNLIMITED_KB } from '../oom/memory-statistics.ts';
import type { Attribution } from '../pods/attribute.ts';
import { eventText, isLimitOf } from '../recorder/event-message.ts';
import { safeText } from '../safe-text.ts';
import { withoutAbsent } from '../without-absent.ts';
import { advise } from './advise.ts';
import type { ExplainedLimit, ExplainedPod, Explanation } from './explanation.ts';
import { type Facts, factsOf } from './facts.ts';
import { processTable } from './process-table.ts';
import { unsaid } from './unsaid.ts';

/** What is known of the episode besides itself. */
export interface ExplainOptions {
  /** Its `atMs` is a date, not a guess by another boot. */
  readonly isDated: boolean;
  /** The store keeps the largest tasks alone. */
  readonly isTableCut?: boolean;
  /** Leaves out whose processes else there were: for somebody who may see one namespace. */
  readonly isTableHidden?: boolean;
}

/** Explains an episode: from a log as it is read, or from the store. */
export function explain(
  known: OomEpisode,
  attribution: Attribution,
  { isDated, isTableCut = false, isTableHidden = false }: ExplainOptions,
): Explanation {
  const episode = isTableHidden ? { ...known, tasks: [], invoker: undefined } : known;
  const facts = factsOf(episode, attribution, isTableCut, isTableHidden);
  const { invoker, monotonicUs, sequence, atMs, context } = episode;
  const { swapUsageKb: usageKb, swapLimitKb: limitKb } = facts.memory;
  const subject = attribution.subjects.find(({ kind }) => kind === 'pod') ?? { kind: 'node' };
  return withoutAbsent({
    id: `oom-${sequence}`,
    monotonicUs,
    time: isDated ? new Date(atMs).toISOString() : undefined,
    summary: eventText(episode, attribution, subject).message,
    context,
    limit: limitOf(facts),
    pod: podOf(facts),
    invoker: invoker && {
      comm: safeText(invoker.comm),
      order: invoker.order,
      oomScoreAdj: invoker.oomScoreAdj,
    },
    killed: facts.killed.length,
    processes: processTable(facts),
    memory: facts.breakdown,
    swap: usageKb === undefined ? undefined : withoutAbsent({ usageKb, limitKb }),
    advice: advise(facts),
    unsaid: unsaid(facts),
  });
}

function limitOf({ level, episode, container }: Facts): ExplainedLimit | undefined {
  const { oomMemcg, usageKb } = episode;
  const limitKb = (episode.limitKb ?? 0) < UNLIMITED_KB ? episode.limitKb : undefined;
  if (level === undefined && oomMemcg === undefined) return undefined;
  const used = usageKb === undefined || !limitKb ? undefined : (usageKb / limitKb) * 100;
  return withoutAbsent({
    level,
    isContainers: (level === 'pod' && isLimitOf(container, limitKb)) || undefined,
    cgroup: oomMemcg === undefined ? undefined : safeText(oomMemcg),
    usageKb,
    limitKb,
    usedPercent: used === undefined ? undefined : Math.round(used),
  });
}

function podOf({ attribution, pod, container }: Facts): ExplainedPod | undefined {
  const { owner } = attribution;
  if (pod === undefined) {
    return owner && withoutAbsent({ uid: owner.podUid, containerId: owner.containerId });
  }
  const { uid, namespace, name } = pod;
  const { containerId } = owner ?? {};
  return withoutAbsent({ uid, namespace, name, container: container?.name, containerId });
}
