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
    await write(`create event ${namespace}/${name}`, (options) =>
      this.#api.createNamespacedEvent({ namespace, body: event }, options),
    );
  }

  async patch(event: RecordedEvent, body: EventPatch): Promise<void> {
    const { name, namespace } = event.metadata;
    await write(
      `patch event ${namespace}/${name}`,
      (options) => this.#api.patchNamespacedEvent({ name, namespace, body }, options),
      (request) => asStrategicMerge(request, body),
    );
  }
}

type Change = (request: RequestContext) => void;

/**
 * One write by the generated client. What it throws before there is a request would be thrown again
 * every time (client-go: rest.RequestConstructionError, final). A 2xx that is not an Event came from
 * something else: whether ours was stored is not known.
 *
 * @param change to the request, when it is built and not yet sent
 */
async function write(
  doing: string,
  call: (options: ConfigurationOptions) => Promise<CoreV1Event>,
  change: Change = () => undefined,
): Promise<void> {
  let isBuilt = false;
  const options = beforeSending((request) => {
    change(request);
    isBuilt = true;
  });
  const answer = await call(options).catch((err: unknown) => {
    if (err instanceof ApiError) throw err;
    throw isBuilt ? garbled(doing, err) : unbuildable(doing, err);
  });
  if (answer?.kind !== 'Event')
    throw garbled(doing, new Error(`the answer is of kind ${answer?.kind}`));
}

/** The generated client would send a patch as `JSON.stringify` has it, and call it `application/json-patch+json`. */
function asStrategicMerge(request: RequestContext, body: EventPatch): void {
  request.setHeaderParam('Content-Type', PatchStrategy.StrategicMergePatch);
  request.setBody(encodePatch(body));
}

function beforeSending(change: Change): ConfigurationOptions {
  const pre = (request: RequestContext): Observable<RequestContext> => {
    change(request);
    return new Observable(Promise.resolve(request));
  };
  const post = <T>(response: T): Observable<T> => new Observable(Promise.resolve(response));
  return { middleware: [{ pre, post }], middlewareMergeStrategy: 'append' };
}

/** A parameter that is required and not there, a body that no JSON can be made of. */
function unbuildable(doing: string, cause: unknown): ApiError {
  return new ApiError(doing, { code: 'E_API_REQUEST', retryable: false }, cause);
}

/** JSON that client-node's deserializer stumbled over, or that is of another kind. */
function garbled(doing: string, cause: unknown): ApiError {
  return new ApiError(doing, { code: 'E_API_GARBLED', retryable: true }, cause);
}
