import type { NodeRef } from '../recorder/build-event.ts';
import { episodeFields } from '../recorder/episode-line.ts';
import { recordEpisode } from '../recorder/recorded-episode.ts';
import type { AttributedEpisode } from '../store/episode-history.ts';

/** Raised when a field goes or means something else; fields may come without that. */
const SCHEMA_VERSION = 1;
/** A group of more is told by `killed`: what is sent must have an end. */
const MAX_MEMBERS = 500;

export interface BodyOptions {
  readonly node: NodeRef;
  /** With the kernel's tables of tasks, as far as the history has them. */
  readonly taskTables: boolean;
}

/** What a webhook is sent. Names and meanings of its fields are in docs/webhook.md. */
export function webhookBody(episodes: readonly AttributedEpisode[], options: BodyOptions): string {
  return JSON.stringify({
    schemaVersion: SCHEMA_VERSION,
    episodes: episodes.map((queued) => describe(queued, options)),
  });
}

/** The fields of `replay -o ndjson`, and when, where and in whose pod it was; no process nobody can name. */
function describe(
  { bootId, episode, attribution }: AttributedEpisode,
  { node, taskTables }: BodyOptions,
): object {
  const { tasks, victim, members, ...fields } = episodeFields(
    recordEpisode(episode, attribution, { node, bootId }),
  );
  const { mainProcessSurvived, isOneOfSeveral } = attribution;
  const subject = attribution.subjects.find(({ kind }) => kind === 'pod');
  const { pod, container } = subject?.kind === 'pod' ? subject : {};
  return {
    ...fields,
    id: `${bootId}-${episode.sequence}`,
    node: node.name,
    time: new Date(episode.atMs).toISOString(),
    namespace: pod?.namespace,
    pod: pod?.name,
    podUid: pod?.uid ?? fields.podUid,
    container: container?.name,
    mainProcessSurvived,
    killed: 1 + members.length,
    ...(isOneOfSeveral !== true && { victim, members: members.slice(0, MAX_MEMBERS) }),
    ...(taskTables && { tasks }),
  };
}
