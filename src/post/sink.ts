import type { CoreV1Event } from '@kubernetes/client-node';
import type { EventPatch } from '../correlator/event-patch.ts';

/**
 * Where Events go: the Kubernetes API in production, an array in tests. Both calls fail with an
 * `ApiError`, and both may be repeated: a create that was done already fails with `E_API_EXISTS`.
 */
export interface EventSink {
  create(event: CoreV1Event): Promise<void>;
  patch(event: CoreV1Event, body: EventPatch): Promise<void>;
}
