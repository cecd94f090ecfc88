import { encodePatch, type EventPatch } from '../correlator/event-patch.ts';
import { encodeEvent, type RecordedEvent } from '../correlator/recorded-event.ts';
import type { ApiClient, Change } from '../kube/api-client.ts';
import { ApiError, type ApiErrorCode } from '../kube/api-errors.ts';
import { garbled } from '../kube/classify-failure.ts';
import { text } from '../kube/loose-json.ts';
import type { OutboxRow } from '../store/outbox-table.ts';
import type { EventSink, Posted } from './event-output.ts';
import type { Failure } from './output-client.ts';

/** The API server replaces the fields that are there: what client-go patches Events with. */
const STRATEGIC_MERGE = 'application/strategic-merge-patch+json';

/** Creates and patches core/v1 Events. @see client-go kubernetes/typed/core/v1/event_expansion.go */
export class KubeSink implements EventSink {
  readonly #client: Pick<ApiClient, 'write'>;

  constructor(client: Pick<ApiClient, 'write'>) {
    this.#client = client;
  }

  /**
   * Writes one row. An Event that expired (1 h after its last write) cannot be patched: it is created
   * again under its name, with its count, as client-go does.
   *
   * @see client-go tools/record/event.go recordEvent, util.IsKeyNotFoundError
   */
  async deliver(row: OutboxRow): Promise<Posted> {
    if (row.verb === 'create') return this.#createOnce(row.event, 'created');
    try {
      await this.patch(row.event, row.patch);
      return 'patched';
    } catch (err) {
      if (!hasCode(err, 'E_API_NOT_FOUND')) throw err;
      return this.#createOnce(row.event, 'expired-recreated');
    }
  }

  readonly classify = classifyApiError;

  /** @throws {ApiError} `E_API_EXISTS` where it was done already: it may be repeated, and so may `patch` */
  async create(event: RecordedEvent): Promise<void> {
    await this.#write('create', event, () => ({
      method: 'POST',
      path: eventsOf(event),
      contentType: 'application/json',
      body: encodeEvent(event),
    }));
  }

  async patch(event: RecordedEvent, patch: EventPatch): Promise<void> {
    await this.#write('patch', event, () => ({
      method: 'PATCH',
      path: `${eventsOf(event)}/${segment(event.metadata.name)}`,
      contentType: STRATEGIC_MERGE,
      body: encodePatch(patch),
    }));
  }

  async #createOnce(event: RecordedEvent, done: Posted): Promise<Posted> {
    try {
      await this.create(event);
      return done;
    } catch (err) {
      if (!hasCode(err, 'E_API_EXISTS')) throw err;
      return 'exists';
    }
  }

  /** A 2xx that is not this Event came from something else: whether ours was stored is not known. */
  async #write(verb: string, event: RecordedEvent, build: () => Change): Promise<void> {
    const { name, namespace } = event.metadata;
    const doing = `${verb} event ${namespace}/${name}`;
    let change: Change;
    try {
      change = build();
    } catch (err) {
      // It would fail every time. client-go: rest.RequestConstructionError, final.
      throw new ApiError(doing, { code: 'E_API_REQUEST', retryable: false }, err);
    }
    const answer = await this.#client.write(change);
    const [kind, answered] = [text(answer, 'kind'), text(answer, 'metadata', 'name')];
    if (kind !== 'Event' || answered !== name) {
      throw garbled(doing, new Error(`the answer is of kind ${kind}, named ${answered}`));
    }
  }
}

function eventsOf({ metadata }: RecordedEvent): string {
  return `/api/v1/namespaces/${segment(metadata.namespace)}/events`;
}

/** @throws {TypeError} where there is none, {URIError} where it is no text */
function segment(name: string | undefined): string {
  if (name === undefined) throw new TypeError('a name is missing');
  return encodeURIComponent(name);
}

/** What a failure means for the Events that wait. */
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
