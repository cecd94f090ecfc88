import {
  type ConfigurationOptions,
  type CoreV1Api,
  type CoreV1Event,
  Observable,
  PatchStrategy,
  type RequestContext,
} from '@kubernetes/client-node';
import { ApiError } from '../kube/api-errors.ts';
import { encodePatch, type EventPatch } from '../correlator/event-patch.ts';
import type { RecordedEvent } from '../correlator/recorded-event.ts';
import type { EventSink } from './sink.ts';

/** The part of the generated API this needs. */
export type EventsApi = Pick<CoreV1Api, 'createNamespacedEvent' | 'patchNamespacedEvent'>;

/** Creates and patches core/v1 Events. @see client-go kubernetes/typed/core/v1/event_expansion.go */
export class KubeSink implements EventSink {
  readonly #api: EventsApi;

  constructor(api: EventsApi) {
    this.#api = api;
  }

  async create(event: RecordedEvent): Promise<void> {
    const { name, namespace } = event.metadata;
    await expectEvent(`create event ${namespace}/${name}`, () =>
      this.#api.createNamespacedEvent({ namespace, body: event }),
    );
  }

  async patch(event: RecordedEvent, body: EventPatch): Promise<void> {
    const { name, namespace } = event.metadata;
    await expectEvent(`patch event ${namespace}/${name}`, () =>
      this.#api.patchNamespacedEvent(
        { name, namespace, body },
        beforeSending((request) => asStrategicMerge(request, body)),
      ),
    );
  }
}

/** The generated client would send a patch as `JSON.stringify` has it, and call it `application/json-patch+json`. */
function asStrategicMerge(request: RequestContext, body: EventPatch): void {
  request.setHeaderParam('Content-Type', PatchStrategy.StrategicMergePatch);
  request.setBody(encodePatch(body));
}

/** Has a say in one request of the generated client, when it is built and not yet sent. */
function beforeSending(act: (request: RequestContext) => void): ConfigurationOptions {
  const pre = (request: RequestContext): Observable<RequestContext> => {
    act(request);
    return new Observable(Promise.resolve(request));
  };
  const post = <T>(response: T): Observable<T> => new Observable(Promise.resolve(response));
  return { middleware: [{ pre, post }], middlewareMergeStrategy: 'append' };
}

/** A 2xx that is not an Event came from something else: whether ours was stored is not known. */
async function expectEvent(doing: string, call: () => Promise<CoreV1Event>): Promise<void> {
  const answer = await call().catch((err: unknown) => {
    throw err instanceof ApiError ? err : garbled(doing, err);
  });
  if (answer?.kind !== 'Event')
    throw garbled(doing, new Error(`the answer is of kind ${answer?.kind}`));
}

/** JSON that client-node's deserializer stumbled over, or that is of another kind. */
function garbled(doing: string, cause: unknown): ApiError {
  return new ApiError(doing, { code: 'E_API_GARBLED', retryable: true }, cause);
}
