import type { RecordedEvent } from './recorded-event.ts';

/** client-go tools/record EventAggregatorKeyFunc: the group an Event joins, and who it is in it. */
export type AggregateKeyFunc = (event: RecordedEvent) => {
  readonly aggregateKey: string;
  readonly localKey: string;
};

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
export const aggregateByReason: AggregateKeyFunc = (event) => ({
  aggregateKey: joinFields(
    spamKeyByObject(event),
    event.reason,
    event.reportingComponent,
    event.reportingInstance,
  ),
  localKey: event.message,
});

/** Ours: a combined Event must not blame one container for its sibling's kills. */
export const aggregateByContainer: AggregateKeyFunc = (event) => {
  const { aggregateKey, localKey } = aggregateByReason(event);
  return { aggregateKey: joinFields(aggregateKey, event.involvedObject.fieldPath), localKey };
};
