import type { V1ObjectReference } from '@kubernetes/client-node';
import { eventName } from './event-name.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import { cutToBytes, safeText } from '../safe-text.ts';

/** Who reports: what `kubectl get events` shows under SOURCE. */
export const COMPONENT = 'oom-recorder';
/** events.k8s.io/v1 limits a note to 1 kB; core/v1 does not, but exporters convert. */
export const MAX_MESSAGE_BYTES = 1024;
/** metav1.NamespaceDefault: where the Event of an object without a namespace goes. */
const NAMESPACE_DEFAULT = 'default';

/** What an Event is of, for ever: the same id, about the same object, gives the same name. */
export interface EventId {
  readonly bootId: string;
  readonly sequence: number;
}

/** What is to be said beside the words. */
export interface EventFacts {
  readonly id: EventId;
  readonly at: Date;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * A core/v1 Event in the kubelet's style: no `eventTime` and no series, the only form that every
 * kubectl and every exporter reads correctly. Its times are whole seconds, as metav1.Time is; its
 * message has no control characters and is cut to its limit, whatever was given.
 *
 * @see client-go tools/record/event.go recorderImpl.makeEvent
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

/** A Node's UID may be learnt between two tries to post the same Event; its name never changes. */
function identityOf({ kind, namespace, name, uid, fieldPath }: V1ObjectReference): string {
  const key = kind === 'Node' ? name : uid;
  return [kind, namespace, key, fieldPath].filter((part) => part !== undefined).join('/');
}
