import type { RecordedEvent } from './recorded-event.ts';

/** client-go joins with nothing in between: "a" + "bc" equals "ab" + "c" there, and so it does here. */
function joinFields(...fields: readonly (string | undefined)[]): string {
  return fields.join('');
}

/** The Event itself. client-go tools/record getEventKey. */
export function eventKey(event: RecordedEvent): string {
  const { source, involvedObject: object } = event;
  return joinFields(
    source?.component,
    source?.host,
    object.kind,
    object.namespace,
    object.name,
    object.fieldPath,
    object.uid,
    object.apiVersion,
    event.type,
    event.reason,
    event.message,
  );
}

/** The source, the object and the type. client-go tools/record getSpamKey. */
export function spamKeyByObject(event: RecordedEvent): string {
  const { source, involvedObject: object } = event;
  return joinFields(
    source?.component,
    source?.host,
    object.kind,
    object.namespace,
    object.name,
    object.uid,
    object.apiVersion,
    event.type,
  );
}

/** Ours: one container, or one reason, cannot silence the others of its object. */
export function spamKeyByContainer(event: RecordedEvent): string {
  return joinFields(spamKeyByObject(event), event.reason, event.involvedObject.fieldPath);
}

/** All but the message. client-go tools/record EventAggregatorByReasonFunc. */
export function aggregateByReason(event: RecordedEvent): string {
  const { reason, reportingComponent, reportingInstance } = event;
  return joinFields(spamKeyByObject(event), reason, reportingComponent, reportingInstance);
}

/** Ours: a combined Event must not blame one container for its sibling's kills. */
export function aggregateByContainer(event: RecordedEvent): string {
  return joinFields(aggregateByReason(event), event.involvedObject.fieldPath);
}
