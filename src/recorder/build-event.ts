import type { CoreV1Event, V1ObjectReference } from '@kubernetes/client-node';
import type { OomEpisode } from '../oom/episode.ts';
import { withoutAbsent } from '../oom/without-absent.ts';
import type { Attribution, Subject } from '../pods/attribute.ts';
import { eventText } from './event-message.ts';
import { eventName } from './event-name.ts';
import { cutToBytes, safeText } from './safe-text.ts';

/** Who reports: what `kubectl get events` shows under SOURCE. */
const COMPONENT = 'oom-recorder';
const ANNOTATION_PREFIX = 'oom-recorder.dev/';
/** events.k8s.io/v1 limits a note to 1 kB; core/v1 does not, but exporters convert. */
const MAX_MESSAGE_BYTES = 1024;
const NODE_EVENT_NAMESPACE = 'default';

/** The node an agent runs on. */
export interface NodeRef {
  readonly name: string;
  /** `metadata.uid` of the Node, where the API server told. */
  readonly uid?: string;
}

/** Where an episode happened: with its sequence this identifies it for ever. */
export interface EventOrigin {
  readonly node: NodeRef;
  readonly bootId: string;
}

/**
 * The core/v1 Event of an episode for one of its subjects, in the kubelet's style: no `eventTime`
 * and no series, the only form that every kubectl and every exporter reads correctly.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 * @see client-go tools/record/event.go makeEvent
 */
export function buildEvent(
  episode: OomEpisode,
  attribution: Attribution,
  subject: Subject,
  { node, bootId }: EventOrigin,
): CoreV1Event {
  const involvedObject = reference(subject, node);
  const { reason, message } = eventText(episode, attribution, subject);
  const at = new Date(Math.floor(episode.atMs / 1000) * 1000);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: eventName({
        objectName: involvedObject.name ?? '',
        bootId,
        sequence: episode.sequence,
        subject: identityOf(involvedObject),
      }),
      namespace: involvedObject.namespace ?? NODE_EVENT_NAMESPACE,
      annotations: annotations(episode, attribution, bootId),
    },
    involvedObject,
    reason,
    message: cutToBytes(message, MAX_MESSAGE_BYTES),
    source: { component: COMPONENT, host: node.name },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type: 'Warning',
    reportingComponent: COMPONENT,
    reportingInstance: node.name,
  };
}

/**
 * `kubectl describe node` searches by the Node's UID and by its name as UID, `kubectl events --for`
 * wants the apiVersion: the real UID with apiVersion satisfies all of them.
 */
function reference(subject: Subject, node: NodeRef): V1ObjectReference {
  if (subject.kind === 'node') {
    return { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid ?? node.name };
  }
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

/** A Node's UID may be learnt between two tries to post the same Event; its name never changes. */
function identityOf({ kind, namespace, name, uid, fieldPath }: V1ObjectReference): string {
  const key = kind === 'Node' ? name : uid;
  return [kind, namespace, key, fieldPath].filter((part) => part !== undefined).join('/');
}

/** The facts for machines. Values are strings; sizes are bytes. */
function annotations(
  episode: OomEpisode,
  { limitLevel }: Attribution,
  bootId: string,
): Record<string, string> {
  const { victim, limitKb, usageKb } = episode;
  const bytes = (kb: number | undefined) => (kb === undefined ? undefined : kb * 1024);
  const facts = withoutAbsent({
    'victim-pid': victim.pid,
    'victim-comm': safeText(victim.comm),
    'limit-level': limitLevel,
    'limit-bytes': bytes(limitKb),
    'usage-bytes': bytes(usageKb),
    'victim-anon-rss-bytes': bytes(victim.anonRssKb),
    'killed-processes': 1 + episode.members.length,
    'boot-id': bootId,
    'kmsg-sequence': episode.sequence,
    context: episode.context,
  });
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [ANNOTATION_PREFIX + key, String(value)]),
  );
}
