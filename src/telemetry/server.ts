import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardConnections } from './connection-guard.ts';
import { type ListenAddress, ListenError } from './listen-address.ts';

/** One thing that must be so, and what is wrong when it is not: a few words for a person. */
export type Check = () => string | undefined;

/** What the listener shows. Asked when somebody looks, never before. */
export interface Exhibits {
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  /** Whether the process must be restarted: the reader stands still, for one. */
  readonly health: readonly Check[];
  /** Whether it can do its work now: log open, pods synced, store writable. */
  readonly readiness: readonly Check[];
  /** The page for people, as HTML. */
  readonly page: () => string;
  /** Told what could not be shown. */
  readonly onError: (err: unknown) => void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
/** Time for a request's head and for its whole; nobody sends us more than a few lines. */
const REQUEST_LIMIT_MS = 5_000;
/** How often Node looks for connections that are over their time; rarely, since idle costs nothing. */
const CHECK_EVERY_MS = 5_000;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_REQUESTS_PER_CONNECTION = 1_000;
/** However many ask for the metrics, they are rendered once in so long; no scraper asks more often. */
const METRICS_LAST_MS = 250;

/**
 * The agent's HTTP listener: `/metrics`, `/healthz`, `/readyz` and `/`, GET and HEAD, nothing else.
 * Looked at, never waited for: nothing in the agent calls it.
 */
export class StatusServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #exhibits: Exhibits;
  #metrics: { readonly untilMs: number; readonly text: Promise<string> } | undefined;

  private constructor(exhibits: Exhibits) {
    this.#exhibits = exhibits;
    this.#server = createServer({
      headersTimeout: REQUEST_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    this.#server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    guardConnections(this.#server);
    this.#server.on('request', (request, response) => void this.#respond(request, response));
  }

  /** @throws ListenError when the address cannot be had */
  static async listen({ host, port }: ListenAddress, exhibits: Exhibits): Promise<StatusServer> {
    const status = new StatusServer(exhibits);
    try {
      status.#server.listen({ port, ...(host !== undefined && { host }) });
      await once(status.#server, 'listening');
    } catch (cause) {
      throw new ListenError(`${host ?? ''}:${port}`, cause);
    }
    status.#server.on('error', exhibits.onError);
    return status;
  }

  /** The port it got, where port 0 was asked for. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.#answer(request).catch((err: unknown) => {
      this.#exhibits.onError(err);
      return text(500, 'it cannot be shown now; the log says why\n');
    });
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer({ method, url = '' }: IncomingMessage): Promise<Answer> {
    const show = this.#pages[url.split('?', 1)[0] ?? ''];
    if (show === undefined) return text(404, 'here are /metrics, /healthz, /readyz and /\n');
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'GET and HEAD only\n');
    return show();
  }

  readonly #pages: Readonly<Record<string, () => Answer | Promise<Answer>>> = Object.assign(
    Object.create(null),
    {
      '/metrics': async () => {
        const body = await this.#renderMetrics();
        return { status: 200, type: this.#exhibits.metrics.contentType, body };
      },
      '/healthz': () => verdict(this.#exhibits.health),
      '/readyz': () => verdict(this.#exhibits.readiness),
      '/': () => ({ status: 200, type: 'text/html; charset=utf-8', body: this.#exhibits.page() }),
    },
  );

  /** One rendering for all who ask at the same time, so that a flood costs no more than one does. */
  #renderMetrics(): Promise<string> {
    const nowMs = performance.now();
    if (this.#metrics === undefined || this.#metrics.untilMs <= nowMs) {
      const text = this.#exhibits.metrics.render();
      this.#metrics = { untilMs: nowMs + METRICS_LAST_MS, text };
    }
    return this.#metrics.text;
  }
}

function verdict(checks: readonly Check[]): Answer {
  const problems = checks.map((check) => check()).filter((problem) => problem !== undefined);
  if (problems.length === 0) return text(200, 'ok\n');
  return text(503, problems.map((problem) => `${problem}\n`).join(''));
}

function text(status: number, body: string): Answer {
  return { status, type: TEXT, body };
}
