import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { EventOrigin } from '../recorder/build-event.ts';
import { episodeFields } from '../recorder/printed-episode.ts';
import { recordEpisode } from '../recorder/recorded-episode.ts';
import type { StoredEpisode } from '../store/stored-episode.ts';

/** A group of more is told by `killed`: what is sent must have an end. */
const MAX_MEMBERS = 500;

/** Raised when a field goes or means something else; fields may come without that. */
export const SCHEMA_VERSION = 1;

/** An episode of the history, whose attribution may be open yet. */
export interface KnownEpisode extends Pick<StoredEpisode, 'bootId' | 'episode' | 'attribution'> {
  readonly state?: StoredEpisode['state'];
}

export interface DescribeOptions extends Omit<EventOrigin, 'bootId'> {
  /** With the kernel's tables of tasks, as far as the history has them. */
  readonly taskTables: boolean;
}

/**
 * An episode as JSON, for a webhook and for whoever asks for the history: the fields of `replay -o ndjson`, and
 * when, where and in whose pod it was; no process nobody can name. Names and meanings are in docs/webhook.md.
 */
export function describeEpisode(known: KnownEpisode, { node, wants, taskTables }: DescribeOptions) {
  const { bootId, episode, state } = known;
  const attribution = attributionOf(known);
  const { tasks, victim, members, ...fields } = episodeFields(
    recordEpisode(episode, attribution, { node, bootId, wants: state === 'kept' ? nobody : wants }),
  );
  const { subjects, mainProcessSurvived, isOneOfSeveral } = attribution;
  const { pod, container } = subjects.find((subject) => subject.kind === 'pod') ?? {};
  return {
    ...fields,
    id: episodeId(known),
    ...(known.attribution === undefined && { state }),
    node: node.name,
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

/** Of an episode that has no Events. */
function nobody(): boolean {
  return false;
}

/** What identifies an episode for ever. */
export function episodeId({ bootId, episode }: Pick<KnownEpisode, 'bootId' | 'episode'>): string {
  return `${bootId}-${episode.sequence}`;
}

/** Whose it was; nobody's while that is not decided. */
export function attributionOf({ episode, attribution }: KnownEpisode): Attribution {
  return attribution ?? undecided(episode);
}

/** A cgroup path may name a pod within a pod, so that even its limit's level is open; of the system it is not. */
function undecided({ oomMemcg, limitLevel, evidence }: OomEpisode): Attribution {
  return {
    subjects: [],
    source: 'none',
    ...(oomMemcg === undefined && limitLevel !== undefined && { limitLevel }),
    ...(evidence?.isOneOfSeveral === true && { isOneOfSeveral: true }),
  };
}
