import type { IncomingHttpHeaders } from 'node:http';
import { request, WebSocket } from 'undici';
import { beginningOf } from './body-text.ts';
import { classifyAnswer, classifyTransport, parseJson } from './classify-failure.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { limitIdle, withDeadline } from './deadline.ts';
import { SharedDispatcher, type Timeouts, type Use } from './shared-dispatcher.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A write of one object. */
export interface Change {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

/** A JSON document. */
interface Answer {
  readonly document: unknown;
  /** What the server's clock said, `Date` (RFC 9110): ms since the epoch, cut to a second. */
  readonly dateMs: number | undefined;
}

/** A read, or a {@link Change}. */
interface Question {
  readonly method: 'GET' | Change['method'];
  readonly path: string;
  readonly query?: Query;
  readonly contentType?: string;
  readonly body?: string;
}

const USER_AGENT = 'oom-recorder';

/**
 * connect: undici's own default. request: from the queue to the last byte; priority-and-fairness
 * may hold a request for 15 s of its 60, an answer later than 30 s is better asked for again.
 */
const TIMEOUTS: Timeouts = { connectMs: 10_000, requestMs: 30_000 };

/** A watch with bookmarks says something every minute (`defaultBookmarkFrequency` in apiserver's cacher). */
const STREAM_IDLE_MS = 5 * 60_000;

/** A Status is far smaller, and an error page is quoted, not kept. */
const MAX_REFUSAL_BYTES = 1024 * 1024;

/**
 * The agent's one way to the API server: authenticated, with a time-out on everything, its failures
 * classified as an `ApiError`. What an answer says is for its reader to check.
 */
export class ApiClient implements AsyncDisposable {
  readonly #access: ClusterAccess;
  readonly #timeouts: Timeouts;
  readonly #dispatcher: SharedDispatcher;

  constructor(access: ClusterAccess, timeouts: Timeouts = TIMEOUTS) {
    this.#access = access;
    this.#timeouts = timeouts;
    this.#dispatcher = new SharedDispatcher(timeouts);
  }

  /** GETs one JSON document. */
  async getJson(path: string, query: Query = {}, signal?: AbortSignal): Promise<unknown> {
    const { document } = await this.#exchange({ method: 'GET', path, query }, signal);
    return document;
  }

  /** GETs one JSON document, and the server's time. */
  async getDated(path: string): Promise<Answer> {
    return this.#exchange({ method: 'GET', path });
  }

  /** Writes one object; resolves with the JSON document that was answered. */
  async write(change: Change): Promise<unknown> {
    const { document } = await this.#exchange(change);
    return document;
  }

  /**
   * GETs JSON that goes on, such as a watch. Resolves when the server has accepted it; the chunks
   * fail when none comes for `idleMs`, and end with `signal`.
   */
  async getStream(
    path: string,
    query: Query,
    signal: AbortSignal,
    idleMs = STREAM_IDLE_MS,
  ): Promise<AsyncIterable<Uint8Array>> {
    const asked = { method: 'GET', path, query } as const;
    const { body } = await this.#inTime(asked, signal, (either) =>
      this.#ask(asked, 'stream', either),
    );
    const translate = (err: unknown): Error => classifyTransport(describe(asked), err, signal);
    return limitIdle(body, idleMs, translate);
  }

  /** Begins a WebSocket, authenticated like any request. Why it was refused it cannot tell: no answer is shown. */
  async openSocket(path: string, query: Query, protocol: string): Promise<WebSocket> {
    const { headers, transport } = await this.#access.credentials();
    const url = urlOf(this.#access.server, { method: 'GET', path, query });
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new WebSocket(url, {
      protocols: [protocol],
      headers: { ...headers, 'User-Agent': USER_AGENT },
      dispatcher: this.#dispatcher.take(transport, 'stream'),
    });
  }

  /** Ends everything at once, requests in flight included. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher[Symbol.asyncDispose]();
  }

  /** One question, one answer. */
  async #exchange(asked: Question, signal?: AbortSignal): Promise<Answer> {
    const { headers, text } = await this.#inTime(asked, signal, async (either) => {
      const { headers, body } = await this.#ask(asked, 'request', either);
      return { headers, text: await body.text() };
    });
    const dateMs = Date.parse([headers['date']].flat()[0] ?? '');
    return {
      document: parseJson(text, `${describe(asked)}: the answer is not JSON`),
      dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
    };
  }

  async #inTime<T>(
    asked: Question,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await withDeadline(this.#timeouts.requestMs, signal, run);
    } catch (err) {
      throw classifyTransport(describe(asked), err, signal);
    }
  }

  /** An answer that is one. A proxy's page is a 200 as well, and no watch is open then. */
  async #ask(asked: Question, use: Use, signal: AbortSignal) {
    const { method, body: sent = null } = asked;
    const credentials = await this.#access.credentials();
    const { statusCode, headers, body } = await request(urlOf(this.#access.server, asked), {
      dispatcher: this.#dispatcher.take(credentials.transport, use),
      method,
      headers: { ...credentials.headers, ...headersOf(asked) },
      body: sent,
      signal,
    });
    const isSuccess = statusCode >= 200 && statusCode <= 299;
    if (isSuccess && (use === 'request' || isJson(headers))) return { headers, body };
    const [retryAfter] = [headers['retry-after']].flat();
    const answer = {
      status: statusCode,
      retryAfter,
      body: await beginningOf(body, MAX_REFUSAL_BYTES),
    };
    throw classifyAnswer(describe(asked), answer);
  }
}

function describe({ method, path }: Question): string {
  return `${method} ${path}`;
}

function urlOf(server: string, { path, query = {} }: Question): URL {
  const url = new URL(server + path);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}

function headersOf({ contentType }: Question): Readonly<Record<string, string>> {
  const json = { Accept: 'application/json', 'User-Agent': USER_AGENT };
  return contentType === undefined ? json : { ...json, 'Content-Type': contentType };
}

function isJson({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type?.startsWith('application/json') === true;
}
