import type { CoreV1Event } from '@kubernetes/client-node';

/** What changes when an Event happens again; exactly what client-go patches. */
export interface EventPatch {
  readonly count: number;
  /** RFC 3339, seconds, `Z`. */
  readonly lastTimestamp: string;
  readonly message: string;
}

/**
 * Where Events go: the Kubernetes API in production, an array in tests. Both calls fail with an
 * `ApiError`, and both may be repeated: a create that was done already fails with `E_API_EXISTS`.
 */
export interface EventSink {
  create(event: CoreV1Event): Promise<void>;
  patch(event: CoreV1Event, body: EventPatch): Promise<void>;
}
