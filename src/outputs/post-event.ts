import type { EventPatch } from '../correlator/event-patch.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';
import type { Posted } from './event-output.ts';
import type { OutboxRow } from '../store/outbox-row.ts';
import type { Failure } from './output-client.ts';

/**
 * Writes Events. Both calls fail with an `ApiError`, and both may be repeated: a create that was done
 * already fails with `E_API_EXISTS`.
 */
export interface EventWriter {
  create(event: RecordedEvent): Promise<void>;
  patch(event: RecordedEvent, body: EventPatch): Promise<void>;
}

/**
 * Writes one row. An Event that expired (1 h after its last write) cannot be patched: it is created
 * again under its name, with its count, as client-go does.
 *
 * @see client-go tools/record/event.go recordEvent, util.IsKeyNotFoundError
 */
export async function postEvent(writer: EventWriter, row: OutboxRow): Promise<Posted> {
  if (row.verb === 'create') return create(writer, row.event, 'created');
  try {
    await writer.patch(row.event, row.patch);
    return 'patched';
  } catch (err) {
    if (!hasCode(err, 'E_API_NOT_FOUND')) throw err;
    return create(writer, row.event, 'expired-recreated');
  }
}

async function create(writer: EventWriter, event: RecordedEvent, done: Posted): Promise<Posted> {
  try {
    await writer.create(event);
    return done;
  } catch (err) {
    if (!hasCode(err, 'E_API_EXISTS')) throw err;
    return 'exists';
  }
}

/** What a failure of an {@link EventWriter} means for the Events that wait. */
export function classifyApiError(err: unknown): Failure {
  if (!(err instanceof ApiError)) return { means: 'busy' };
  if (!err.retryable) return { means: 'final', isQuiet: isQuiet(err) };
  const { retryAfterMs } = err;
  if (isAway(err)) return { means: 'away', retryAfterMs };
  return { means: DENIALS.has(err.code) ? 'denied' : 'busy', retryAfterMs };
}

const AWAY_CODES: ReadonlySet<ApiErrorCode> = new Set([
  'E_API_UNREACHABLE',
  'E_API_TIMEOUT',
  'E_API_CREDENTIALS',
  'E_API_UNAUTHORIZED',
]);
/** Service unavailable; and what a load balancer says that has no servers, or none that answer. */
const AWAY_STATUSES: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/** Turned away by a rule that may change, or by what stands before the API server. */
const DENIALS: ReadonlySet<ApiErrorCode> = new Set(['E_API_FORBIDDEN', 'E_API_GARBLED']);

function isAway({ code, status }: ApiError): boolean {
  return AWAY_CODES.has(code) || AWAY_STATUSES.has(status);
}

/** The namespace is going (no other 403 is final) or gone, and its Events with it. */
function isQuiet({ code, status, subjectKind }: ApiError): boolean {
  return code === 'E_API_FORBIDDEN' || (status === 404 && subjectKind === 'namespaces');
}

function hasCode(err: unknown, code: ApiErrorCode): boolean {
  return err instanceof ApiError && err.code === code;
}
