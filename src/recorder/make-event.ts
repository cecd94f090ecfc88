import { createHash } from 'node:crypto';
import type { V1ObjectReference } from '@kubernetes/client-node';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import { cutToBytes, safeText } from '../safe-text.ts';

/** Who reports: what `kubectl get events` shows under SOURCE. */
export const COMPONENT = 'oom-recorder';
/** events.k8s.io/v1 limits a note to 1 kB; core/v1 does not, but exporters convert. */
export const MAX_MESSAGE_BYTES = 1024;
/** metav1.NamespaceDefault: where the Event of an object without a namespace goes. */
const NAMESPACE_DEFAULT = 'default';
/** RFC 1123 subdomain, as the API server demands of an Event's name. */
const MAX_NAME_LENGTH = 253;
const HASH_DIGITS = 16;

/** What makes an Event unique: the same parts give the same name for ever. */
export interface EventIdentity {
  readonly objectName: string;
  readonly bootId: string;
  readonly sequence: number;
  /** Namespace, kind, UID and field path of the subject: one episode may have several. */
  readonly subject: string;
}

/** What is to be said beside the words. */
export interface EventFacts {
  readonly id: Pick<EventIdentity, 'bootId' | 'sequence'>;
  readonly at: Date;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * A core/v1 Event in the kubelet's style: no `eventTime` and no series, the only form that every
 * kubectl and every exporter reads correctly. Its times are whole seconds, as metav1.Time is; its
 * message has no control characters and is cut to its limit, whatever was given.
 *
 * @see client-go tools/record/event.go recorderImpl.makeEvent
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export function makeEvent(
  ref: V1ObjectReference,
  type: string,
  reason: string,
  message: string,
  { id, at, annotations, host }: EventFacts & { readonly host: string },
): RecordedEvent {
  const time = new Date(Math.floor(at.getTime() / 1000) * 1000);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: eventName({ objectName: ref.name ?? '', ...id, subject: identityOf(ref) }),
      namespace: ref.namespace ?? NAMESPACE_DEFAULT,
      ...(annotations !== undefined && { annotations }),
    },
    involvedObject: ref,
    reason,
    message: cutToBytes(safeText(message), MAX_MESSAGE_BYTES),
    source: { component: COMPONENT, host },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type,
    reportingComponent: COMPONENT,
    reportingInstance: host,
  };
}

/**
 * `<object name>.<16 hex digits>`. client-go takes the time for the digits; we take what identifies
 * the episode for ever, so that posting an Event twice is answered 409 AlreadyExists, which means done.
 */
export function eventName({ objectName, bootId, sequence, subject }: EventIdentity): string {
  const digits = createHash('sha256')
    .update(JSON.stringify([bootId, sequence, subject]))
    .digest('hex')
    .slice(0, HASH_DIGITS);
  const room = MAX_NAME_LENGTH - HASH_DIGITS - 1;
  const stem = objectName.slice(0, room).replace(/[^a-z0-9]+$/, '');
  return `${stem}.${digits}`;
}

/** A Node's UID may be learnt between two tries to post the same Event; its name never changes. */
function identityOf({ kind, namespace, name, uid, fieldPath }: V1ObjectReference): string {
  const key = kind === 'Node' ? name : uid;
  return [kind, namespace, key, fieldPath].filter((part) => part !== undefined).join('/');
}
