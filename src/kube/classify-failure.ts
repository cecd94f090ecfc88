import { readRetryAfterMs } from '../retry.ts';
import { ApiError, type ApiErrorCode } from './api-errors.ts';

type Judgement = { readonly code: ApiErrorCode; readonly retryable: boolean };

/** An answer that is not what was asked for: of another status, or a page. */
export interface FailedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** metav1.Status, as far as it matters here. Nothing in it is believed before it is looked at. */
interface Status {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: {
    readonly kind?: unknown;
    readonly causes?: unknown;
    readonly retryAfterSeconds?: unknown;
  } | null;
}

/** An error page can be long; its beginning says what it is. */
const MAX_QUOTED_CHARS = 1024;

/** 4xx that may pass by waiting: request time-out, conflict of two writers, too many. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 429]);

/** What the API server does not take, ever: malformed, too large, invalid. */
const FINAL: ReadonlySet<number> = new Set([400, 413, 422]);

/** corev1.NamespaceTerminatingCause. */
const NAMESPACE_TERMINATING = 'NamespaceTerminating';

/** undici's names for a time-out; `TimeoutError` is the one of an AbortSignal. */
const TIMEOUTS: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/**
 * What an HTTP status means for us. client-go gives up on every status error
 * (`recordEvent` in tools/record/event.go); what may pass by waiting is retried here.
 *
 * An answer without a Status comes from something between us and the API server (a proxy, a load
 * balancer whose servers are being replaced): an Event must not be lost to it. Nor to a 403: an API
 * server that starts gives it to valid credentials until it has read its roles.
 */
function judge({ status }: FailedAnswer, said: Status, causes: readonly string[]): Judgement {
  if (status >= 200 && status <= 299) return { code: 'E_API_GARBLED', retryable: true };
  if (status === 401) return { code: 'E_API_UNAUTHORIZED', retryable: true };
  if (status === 403) {
    return { code: 'E_API_FORBIDDEN', retryable: !causes.includes(NAMESPACE_TERMINATING) };
  }
  if (status === 409 && said.reason === 'AlreadyExists') {
    return { code: 'E_API_EXISTS', retryable: false };
  }
  if (status === 410) return { code: 'E_API_GONE', retryable: true };
  if (status < 400 || status >= 500 || PASSING.has(status)) {
    return { code: 'E_API_UNAVAILABLE', retryable: true };
  }
  if (said.kind === 'Status') {
    if (status === 404) return { code: 'E_API_NOT_FOUND', retryable: false };
    if (FINAL.has(status)) return { code: 'E_API_REFUSED', retryable: false };
  }
  return { code: 'E_API_GARBLED', retryable: true };
}

function parseStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function reasonsOf(causes: unknown): readonly string[] {
  if (!Array.isArray(causes)) return [];
  return causes
    .map((cause: { reason?: unknown } | null) => cause?.reason)
    .filter((reason) => typeof reason === 'string');
}

/** Turns an answer that is not what was asked for into the error the rest of the code asks. */
export function classifyAnswer(doing: string, answer: FailedAnswer): ApiError {
  const said = parseStatus(answer.body);
  const { message, reason, details } = said;
  const because = typeof message === 'string' ? message : answer.body;
  const causes = reasonsOf(details?.causes);
  const facts = {
    ...judge(answer, said, causes),
    status: answer.status,
    reason: typeof reason === 'string' ? reason : undefined,
    causes,
    subjectKind: typeof details?.kind === 'string' ? details.kind : undefined,
    retryAfterMs: readRetryAfterMs(answer.retryAfter, details?.retryAfterSeconds) || undefined,
  };
  const cause = new Error(because.slice(0, MAX_QUOTED_CHARS));
  return new ApiError(`${doing}: HTTP ${answer.status}`, facts, cause);
}

/** Turns what undici, TLS or the socket threw into an error; all of these may pass by waiting. */
export function classifyTransport(doing: string, err: unknown, signal?: AbortSignal): ApiError {
  if (err instanceof ApiError) return err;
  const code =
    signal?.aborted === true
      ? 'E_API_CANCELLED'
      : isTimeout(err)
        ? 'E_API_TIMEOUT'
        : 'E_API_UNREACHABLE';
  return new ApiError(doing, { code, retryable: true }, err);
}

/**
 * What came cannot be read as what was asked for: something between us and the API server (a captive
 * portal, a proxy) had its say. Whether ours was done is not known.
 */
export function garbled(doing: string, cause?: unknown): ApiError {
  return new ApiError(doing, { code: 'E_API_GARBLED', retryable: true }, cause);
}

function isTimeout(err: unknown): boolean {
  if (!(err instanceof Error)) return false;
  return err.name === 'TimeoutError' || ('code' in err && TIMEOUTS.has(err.code));
}
