import type { PrintedEpisode } from './without-dates.ts';

/** An episode as one line of `replay -o ndjson`. */
export function episodeLine(recorded: PrintedEpisode): string {
  return `${JSON.stringify(episodeFields(recorded))}\n`;
}

/**
 * The contract other tools rely on: names and meanings are in docs/architecture.md, and JSON leaves out
 * what is absent.
 */
export function episodeFields({ episode, attribution, events, isSinceBoot }: PrintedEpisode) {
  const { owner } = attribution;
  return {
    id: `oom-${episode.sequence}`,
    time: isSinceBoot === true ? undefined : new Date(episode.atMs).toISOString(),
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
    memory: episode.memory,
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
  };
}
