import type { IncomingHttpHeaders } from 'node:http';
import {
  CoreV1Api,
  createConfiguration,
  HttpMethod,
  type RequestContext,
  ResponseContext,
  SelfDecodingBody,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { classifyTransport } from './classify-failure.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { limitIdle } from './deadline.ts';
import type { Timeouts } from './shared-dispatcher.ts';
import { describe, Transport } from './transport.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An answer that goes on, whatever its status. Read it to its end, or abort its signal. */
export interface StreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * connect: undici's own default. request: from the queue to the last byte; priority-and-fairness
 * may hold a request for 15 s of its 60, an answer later than 30 s is better asked for again.
 */
const TIMEOUTS: Timeouts = { connectMs: 10_000, requestMs: 30_000 };

/** A watch with bookmarks says something every minute (`defaultBookmarkFrequency` in apiserver's cacher). */
const STREAM_IDLE_MS = 5 * 60_000;

/**
 * The agent's one way to the API server: authenticated, with a time-out on everything, its failures
 * classified. The generated API goes the same way as everything else.
 */
export class ApiClient implements AsyncDisposable {
  /** Fails with an `ApiError`, never with an `ApiException`. */
  readonly coreV1: CoreV1Api;
  readonly #server: ServerConfiguration<Record<string, string>>;
  readonly #transport: Transport;

  constructor(access: ClusterAccess, timeouts: Timeouts = TIMEOUTS) {
    this.#transport = new Transport(access, timeouts);
    this.#server = new ServerConfiguration(access.server, {});
    const httpApi = wrapHttpLibrary({ send: (context) => this.#sendGenerated(context) });
    this.coreV1 = new CoreV1Api(createConfiguration({ baseServer: this.#server, httpApi }));
  }

  /** GETs one JSON document. */
  async getJson(path: string, query: Query = {}, signal?: AbortSignal): Promise<unknown> {
    return (await this.#transport.exchange(this.#get(path, query), signal)).json;
  }

  /**
   * GETs an answer that goes on, such as a watch. Resolves with the headers, whatever the status;
   * the body fails when it is silent for `idleMs`, and ends with `signal`.
   */
  async getStream(
    path: string,
    query: Query,
    signal: AbortSignal,
    idleMs = STREAM_IDLE_MS,
  ): Promise<StreamAnswer> {
    const context = this.#get(path, query);
    const { statusCode, headers, body } = await this.#transport.open(context, signal);
    const translate = (err: unknown): Error => classifyTransport(describe(context), err, signal);
    return { status: statusCode, headers, body: limitIdle(body, idleMs, translate) };
  }

  /** Ends everything at once, requests in flight included. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  #get(path: string, query: Query): RequestContext {
    const context = this.#server.makeRequestContext(path, HttpMethod.GET);
    context.setHeaderParam('Accept', 'application/json');
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) context.setQueryParam(key, String(value));
    }
    return context;
  }

  async #sendGenerated(context: RequestContext): Promise<ResponseContext> {
    const { text } = await this.#transport.exchange(context, context.getSignal());
    const body = new SelfDecodingBody(Promise.resolve(Buffer.from(text)));
    return new ResponseContext(200, { 'content-type': 'application/json' }, body);
  }
}
