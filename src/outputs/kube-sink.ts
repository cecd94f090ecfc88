import { encodePatch, type EventPatch } from '../correlator/event-patch.ts';
import { encodeEvent, type RecordedEvent } from '../correlator/recorded-event.ts';
import type { ApiClient, Change } from '../kube/api-client.ts';
import { ApiError } from '../kube/api-errors.ts';
import { garbled } from '../kube/classify-failure.ts';
import { text } from '../kube/loose-json.ts';
import type { EventSink, Posted } from './event-output.ts';
import type { OutboxRow } from '../store/outbox-row.ts';
import { classifyApiError, type EventWriter, postEvent } from './post-event.ts';

/** The API server replaces the fields that are there: what client-go patches Events with. */
const STRATEGIC_MERGE = 'application/strategic-merge-patch+json';

/** Creates and patches core/v1 Events. @see client-go kubernetes/typed/core/v1/event_expansion.go */
export class KubeSink implements EventSink, EventWriter {
  readonly #client: Pick<ApiClient, 'write'>;

  constructor(client: Pick<ApiClient, 'write'>) {
    this.#client = client;
  }

  deliver(row: OutboxRow): Promise<Posted> {
    return postEvent(this, row);
  }

  readonly classify = classifyApiError;

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
