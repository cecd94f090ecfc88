import { readRetryAfterMs } from '../retry.ts';
import { ApiError } from './api-errors.ts';
import { field, items } from './loose-json.ts';

/** An answer that is not what was asked for: of another status, or a page. */
export interface FailedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
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
function judge(
  status: number,
  said: unknown,
  causes: readonly string[],
): Pick<ApiError, 'code' | 'retryable'> {
  if (status >= 200 && status <= 299) return { code: 'E_API_GARBLED', retryable: true };
  if (status === 401) return { code: 'E_API_UNAUTHORIZED', retryable: true };
  if (status === 403) {
    return { code: 'E_API_FORBIDDEN', retryable: !causes.includes(NAMESPACE_TERMINATING) };
  }
  if (status === 409 && field(said, 'reason') === 'AlreadyExists') {
    return { code: 'E_API_EXISTS', retryable: false };
  }
  if (status === 410) return { code: 'E_API_GONE', retryable: true };
  if (status < 400 || status >= 500 || PASSING.has(status)) {
    return { code: 'E_API_UNAVAILABLE', retryable: true };
  }
  if (field(said, 'kind') === 'Status') {
    if (status === 404) return { code: 'E_API_NOT_FOUND', retryable: false };
    if (FINAL.has(status)) return { code: 'E_API_REFUSED', retryable: false };
  }
  return { code: 'E_API_GARBLED', retryable: true };
}

/** What the body says, metav1.Status where it is the API server's; nothing where it is no JSON. */
function parseStatus(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function stringAt(said: unknown, ...path: readonly string[]): string | undefined {
  const found = field(said, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** Turns an answer that is not what was asked for into the error the rest of the code asks. */
export function classifyAnswer(
  doing: string,
  { status, retryAfter, body }: FailedAnswer,
): ApiError {
  const said = parseStatus(body);
  const causes = items(said, 'details', 'causes')
    .map((cause) => stringAt(cause, 'reason'))
    .filter((reason) => reason !== undefined);
  const askedSeconds = field(said, 'details', 'retryAfterSeconds');
  const facts = {
    ...judge(status, said, causes),
    status,
    reason: stringAt(said, 'reason'),
    causes,
    subjectKind: stringAt(said, 'details', 'kind'),
    retryAfterMs: readRetryAfterMs(retryAfter, askedSeconds) || undefined,
  };
  const because = stringAt(said, 'message') ?? body;
  const cause = new Error(because.slice(0, MAX_QUOTED_CHARS));
  return new ApiError(`${doing}: HTTP ${status}`, facts, cause);
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

/**
 * Something between us and the API server (a captive portal, a proxy's page) may answer 200 as well.
 *
 * @throws {ApiError} saying `problem`, where it is no JSON
 */
export function parseJson(text: string, problem: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (err) {
    throw garbled(problem, err);
  }
}

function isTimeout(err: unknown): boolean {
  if (!(err instanceof Error)) return false;
  return err.name === 'TimeoutError' || ('code' in err && TIMEOUTS.has(err.code));
}
