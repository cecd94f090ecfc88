import { RecorderError } from '../errors.ts';

/** What went wrong between us and the API server. Alerts and the runbook key on these. */
export type ApiErrorCode =
  | 'E_API_REQUEST'
  | 'E_API_UNREACHABLE'
  | 'E_API_TIMEOUT'
  | 'E_API_CANCELLED'
  | 'E_API_CREDENTIALS'
  | 'E_API_GARBLED'
  | 'E_API_UNAUTHORIZED'
  | 'E_API_FORBIDDEN'
  | 'E_API_NOT_FOUND'
  | 'E_API_EXISTS'
  | 'E_API_GONE'
  | 'E_API_UNAVAILABLE'
  | 'E_API_REFUSED';

/** What is known of a failure; the rest where there was an answer, and it said so. */
type ApiErrorFacts = Pick<ApiError, 'code' | 'retryable'> &
  Partial<Pick<ApiError, 'status' | 'reason' | 'causes' | 'subjectKind' | 'retryAfterMs'>>;

/** A request to the API server that did not give what was asked for. */
export class ApiError extends RecorderError {
  readonly code: ApiErrorCode;
  readonly retryable: boolean;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** `reason` of the Status in the answer: `Forbidden`, `AlreadyExists`, … */
  readonly reason: string | undefined;
  /** `details.causes[].reason` of that Status: `NamespaceTerminating`, … */
  readonly causes: readonly string[];
  /** `details.kind` of that Status: what was not found, or not allowed. */
  readonly subjectKind: string | undefined;
  /** How long the server asked us to stay away. */
  readonly retryAfterMs: number | undefined;

  constructor(doing: string, facts: ApiErrorFacts, cause?: unknown) {
    super(doing, cause);
    this.code = facts.code;
    this.retryable = facts.retryable;
    this.status = facts.status;
    this.reason = facts.reason;
    this.causes = facts.causes ?? [];
    this.subjectKind = facts.subjectKind;
    this.retryAfterMs = facts.retryAfterMs;
  }
}
