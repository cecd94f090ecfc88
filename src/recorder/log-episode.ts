import type { Logger } from '../logger.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { RecordedEpisode } from './recorded-episode.ts';

/** One line per episode. Its field names are documented: alerts in Loki are built on them. */
export function logEpisode({ episode, attribution, events }: RecordedEpisode, log: Logger): void {
  const pod = attribution.subjects.find((subject) => subject.kind === 'pod');
  log.info(
    {
      sequence: episode.sequence,
      namespace: pod?.pod.namespace,
      pod: pod?.pod.name,
      container: pod?.container?.name,
      podUid: attribution.owner?.podUid,
      containerId: attribution.owner?.containerId,
      limitLevel: attribution.limitLevel,
      limitKb: episode.limitKb,
      oomMemcg: episode.oomMemcg,
      taskMemcg: attribution.cgroup,
      victimPid: episode.victim.pid,
      victimComm: episode.victim.comm,
      killed: 1 + episode.members.length,
      context: episode.context,
      // Somebody died in that container, and this process somewhere: not known to be the same.
      oneOfSeveral: attribution.isOneOfSeveral,
      events: events.map(({ metadata }) => metadata.name),
    },
    'oom kill recorded',
  );
}

/** Nobody must wait for the API server to learn that there was a kill. */
export function logWaiting(
  { sequence, victim, members, taskMemcg }: OomEpisode,
  log: Logger,
): void {
  log.info(
    {
      sequence,
      victimPid: victim.pid,
      victimComm: victim.comm,
      killed: 1 + members.length,
      taskMemcg,
    },
    'oom kill waits until the pods can be listed: whose it was is not known yet',
  );
}
