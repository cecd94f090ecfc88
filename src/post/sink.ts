import type { EventPatch } from '../correlator/event-patch.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';

/**
 * Where Events go: the Kubernetes API in production, an array in tests. Both calls fail with an
 * `ApiError`, and both may be repeated: a create that was done already fails with `E_API_EXISTS`.
 */
export interface EventSink {
  create(event: RecordedEvent): Promise<void>;
  patch(event: RecordedEvent, body: EventPatch): Promise<void>;
}
