import { withoutAbsent } from '../without-absent.ts';
import type { PrintedEpisode } from './without-dates.ts';

/**
 * An episode as one line of `replay -o ndjson`: the contract other tools rely on. Names and
 * meanings of its fields are in docs/architecture.md; absent values are left out.
 */
export function episodeLine({ episode, attribution, events }: PrintedEpisode): string {
  const { owner } = attribution;
  const line = withoutAbsent({
    id: `oom-${episode.sequence}`,
    sequence: episode.sequence,
    monotonicUs: episode.monotonicUs,
    constraint: episode.constraint,
    limitLevel: attribution.limitLevel,
    oomMemcg: episode.oomMemcg,
    taskMemcg: episode.taskMemcg,
    podUid: owner?.podUid,
    containerId: owner?.containerId,
    qos: owner?.qos,
    context: episode.context,
    killLines: episode.killLines,
    usageKb: episode.usageKb,
    limitKb: episode.limitKb,
    invoker: episode.invoker,
    victim: episode.victim,
    members: episode.members,
    tasks: episode.tasks,
    events: events.map(({ involvedObject, type, reason, message }) => ({
      involvedObject,
      type,
      reason,
      message,
    })),
  });
  return `${JSON.stringify(line)}\n`;
}
