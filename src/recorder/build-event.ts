import type { V1ObjectReference } from '@kubernetes/client-node';
import type { OomEpisode } from '../oom/episode.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { Attribution, Subject } from '../pods/attribute.ts';
import { eventText } from './event-message.ts';
import { makeEvent } from './make-event.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import { safeText } from '../safe-text.ts';

/** Of the facts for machines: docs/events.md. */
export const ANNOTATION_PREFIX = 'oom-recorder.dev/';

/** The node an agent runs on. */
export interface NodeRef {
  readonly name: string;
  /** `metadata.uid` of the Node, where the API server told. */
  readonly uid?: string | undefined;
}

/** Where an episode happened, which with its sequence identifies it for ever, and about whom Events are wanted. */
export interface EventOrigin {
  readonly node: NodeRef;
  readonly bootId: string;
  /** About everybody where absent. */
  readonly wants?: ((subject: Subject) => boolean) | undefined;
}

/** The Event of an episode for one of its subjects. */
export function buildEvent(
  episode: OomEpisode,
  attribution: Attribution,
  subject: Subject,
  { node, bootId }: EventOrigin,
): RecordedEvent {
  const { reason, message } = eventText(episode, attribution, subject);
  return makeEvent(subjectRef(subject, node), 'Warning', reason, message, {
    id: { bootId, sequence: episode.sequence },
    at: new Date(episode.atMs),
    annotations: annotations(episode, attribution, subject, bootId),
    host: node.name,
  });
}

/**
 * `kubectl describe node` searches by the Node's UID and by its name as UID, `kubectl events --for`
 * wants the apiVersion: the real UID with apiVersion satisfies all of them.
 */
export function nodeReference({ name, uid = name }: NodeRef): V1ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', name, uid };
}

function subjectRef(subject: Subject, node: NodeRef): V1ObjectReference {
  if (subject.kind === 'node') return nodeReference(node);
  const { pod, container } = subject;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: pod.namespace,
    name: pod.name,
    uid: pod.referenceUid,
    ...(container !== undefined && { fieldPath: `spec.${container.list}{${container.name}}` }),
  };
}

function bytes(kb: number | undefined): number | undefined {
  return kb === undefined ? undefined : kb * 1024;
}

/** The facts for machines. Values are strings; sizes are bytes. None of a process nobody can name. */
function annotations(
  episode: OomEpisode,
  attribution: Attribution,
  subject: Subject,
  bootId: string,
): Record<string, string> {
  const { limitKb, usageKb, members } = episode;
  const { limitLevel, source, mainProcessSurvived, isOneOfSeveral = false } = attribution;
  const victim = isOneOfSeveral ? undefined : episode.victim;
  const owner = subject.kind === 'pod' ? subject.pod.owner : undefined;
  const facts = withoutAbsent({
    'victim-pid': victim?.pid,
    'victim-comm': victim === undefined ? undefined : safeText(victim.comm),
    'limit-level': limitLevel,
    'limit-bytes': bytes(limitKb),
    'usage-bytes': bytes(usageKb),
    'victim-anon-rss-bytes': bytes(victim?.anonRssKb),
    'killed-processes': victim === undefined ? undefined : 1 + members.length,
    'boot-id': bootId,
    'kmsg-sequence': episode.sequence,
    context: episode.context,
    'attributed-by': source === 'none' ? undefined : source,
    'main-process': mainProcessSurvived === true ? 'survived' : undefined,
    owner: owner === undefined ? undefined : `${owner.kind}/${owner.name}`,
  });
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [ANNOTATION_PREFIX + key, String(value)]),
  );
}
