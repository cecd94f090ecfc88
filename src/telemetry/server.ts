import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Time } from '../clock.ts';
import { guardConnections } from './connection-guard.ts';
import { type ListenAddress, ListenError } from './listen-address.ts';
import { prefersOpenMetrics } from './prefers-open-metrics.ts';
import { shareRendering } from './share-rendering.ts';

/** One thing that must be so, and what is wrong when it is not: a few words for a person. */
export type Check = () => string | undefined;

/** The metrics in one format. */
interface Exposition {
  readonly contentType: string;
  render(): Promise<string>;
}

/** What the listener shows. Asked when somebody looks, never before. */
export interface StatusPages {
  readonly clock: Pick<Time, 'monotonicMs'>;
  readonly metrics: Exposition;
  /** The same in OpenMetrics, for who would rather have that. */
  readonly openMetrics: Exposition;
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
  readonly body: string | Buffer;
}

type Page = (accept: string) => Answer | Promise<Answer>;

const HTML = 'text/html; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';
/** Time for a request's head and for its whole; nobody sends us more than a few lines. */
const REQUEST_LIMIT_MS = 5_000;
/** How often Node looks for connections that are over their time; rarely, since idle costs nothing. */
const CHECK_EVERY_MS = 5_000;
const MAX_HEADER_BYTES = 8 * 1024;

/**
 * The agent's HTTP listener: `/metrics`, `/healthz`, `/readyz` and `/`, GET and HEAD, nothing else.
 * Looked at, never waited for: nothing in the agent calls it.
 */
export class StatusServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #shown: StatusPages;
  readonly #pages: Readonly<Record<string, Page>>;

  private constructor(shown: StatusPages) {
    this.#shown = shown;
    this.#server = createServer({
      headersTimeout: REQUEST_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    guardConnections(this.#server, (request, response) => void this.#respond(request, response));
    this.#pages = pagesOf(shown);
  }

  /** @throws ListenError when the address cannot be had */
  static async listen(address: ListenAddress, shown: StatusPages): Promise<StatusServer> {
    const status = new StatusServer(shown);
    try {
      status.#server.listen(address);
      await once(status.#server, 'listening');
    } catch (cause) {
      throw new ListenError(address, cause);
    }
    status.#server.on('error', shown.onError);
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
      this.#shown.onError(err);
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

  async #answer({ method, url = '', headers }: IncomingMessage): Promise<Answer> {
    const show = this.#pages[url.split('?', 1)[0] ?? ''];
    if (show === undefined) return text(404, 'here are /metrics, /healthz, /readyz and /\n');
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'GET and HEAD only\n');
    return show(headers.accept ?? '');
  }
}

function pagesOf({ clock, page, health, readiness, ...shown }: StatusPages): Record<string, Page> {
  const expose = (exposition: Exposition): (() => Promise<Answer>) => {
    const body = shareRendering(clock, () => exposition.render());
    return async () => ({ status: 200, type: exposition.contentType, body: await body() });
  };
  const [metrics, openMetrics] = [expose(shown.metrics), expose(shown.openMetrics)];
  const html = shareRendering(clock, async () => page());
  return Object.assign(Object.create(null), {
    '/metrics': (accept) => (prefersOpenMetrics(accept) ? openMetrics() : metrics()),
    '/healthz': () => verdict(health),
    '/readyz': () => verdict(readiness),
    '/': async () => ({ status: 200, type: HTML, body: await html() }),
  } satisfies Record<string, Page>);
}

function verdict(checks: readonly Check[]): Answer {
  const problems = checks.map((check) => check()).filter((problem) => problem !== undefined);
  if (problems.length === 0) return text(200, 'ok\n');
  return text(503, problems.map((problem) => `${problem}\n`).join(''));
}

function text(status: number, body: string): Answer {
  return { status, type: TEXT, body };
}
