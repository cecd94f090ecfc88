import type { RecordedEvent } from '../correlator/recorded-event.ts';
import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';
import type { OutboxRow } from './outbox.ts';
import type { EventSink } from './sink.ts';

/** How a row got to the API server. `exists`: an earlier attempt had got there and we did not hear. */
export type Delivered = 'created' | 'patched' | 'exists' | 'expired-recreated';

/**
 * Writes one row. An Event that expired (1 h after its last write) cannot be patched: it is created
 * again under its name, with its count, as client-go does.
 *
 * @see client-go tools/record/event.go recordEvent, util.IsKeyNotFoundError
 */
export async function deliver(sink: EventSink, row: OutboxRow): Promise<Delivered> {
  if (row.verb === 'create') return create(sink, row.event, 'created');
  try {
    await sink.patch(row.event, row.patch);
    return 'patched';
  } catch (err) {
    if (!hasCode(err, 'E_API_NOT_FOUND')) throw err;
    return create(sink, row.event, 'expired-recreated');
  }
}

async function create(
  sink: EventSink,
  event: RecordedEvent,
  success: Delivered,
): Promise<Delivered> {
  try {
    await sink.create(event);
    return success;
  } catch (err) {
    if (!hasCode(err, 'E_API_EXISTS')) throw err;
    return 'exists';
  }
}

function hasCode(err: unknown, code: ApiErrorCode): boolean {
  return err instanceof ApiError && err.code === code;
}
