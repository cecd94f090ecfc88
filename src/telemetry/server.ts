import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Time } from '../clock.ts';
import { type Access, type Admit, isAdmitted } from './access.ts';
import { type Answer, headersOf, problem, sendWhole, text } from './answer.ts';
import { guardConnections } from './connection-guard.ts';
import { createListener, type RenewedCertificate } from './create-listener.ts';
import { type ListenAddress, listenAt } from './listen-address.ts';
import type { Exposition } from './metrics.ts';
import { prefersOpenMetrics } from './prefers-open-metrics.ts';
import { shareRendering } from './share-rendering.ts';

/** One thing that must be so, and what is wrong when it is not: a few words for a person. */
export type Check = () => string | undefined;

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
  /** The page for people, by the query's parameters, for somebody who may see so much. */
  readonly page: (params: URLSearchParams, access: Access) => Promise<Answer>;
  readonly admit: Admit;
  /** Whether the metrics are for whom is admitted alone, as the page and the episodes are. */
  readonly metricsNeedToken: boolean;
  /** The episodes, by the query's parameters, for somebody who may see so much. */
  readonly episodes: (params: URLSearchParams, access: Access) => Answer;
  /** Told what could not be shown. */
  readonly onError: (err: unknown) => void;
}

type Page = (request: IncomingMessage, params: URLSearchParams) => Answer | Promise<Answer>;

/**
 * The agent's HTTP listener: `/healthz`, `/readyz` and, unless told otherwise, `/metrics` for everybody, `/` and
 * `/api/v1/episodes` for whom is admitted, GET and HEAD, nothing else.
 * Looked at, never waited for: nothing in the agent calls it.
 */
export class StatusServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #shown: StatusPages;
  readonly #pages: Readonly<Record<string, Page>>;
  readonly #closeAll: () => void;
  #isStreaming = false;

  private constructor(shown: StatusPages, certificate: RenewedCertificate | undefined) {
    this.#shown = shown;
    this.#server = createListener(certificate);
    const respond = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#respond(request, response);
    this.#closeAll = guardConnections(this.#server, respond);
    this.#pages = pagesOf(shown);
  }

  /**
   * @param certificate what it speaks TLS with; plain HTTP without one
   * @throws ListenError when the address cannot be had
   */
  static async listen(
    address: ListenAddress,
    shown: StatusPages,
    certificate?: RenewedCertificate,
  ): Promise<StatusServer> {
    const status = new StatusServer(shown, certificate);
    await listenAt(address, status.#server);
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
    this.#closeAll();
    await closed;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request).catch((err: unknown) => {
      // Once it is closed, what an answer is made of may be closed as well, and nobody waits for one.
      if (this.#server.listening) this.#shown.onError(err);
      return text(500, 'it cannot be shown now; the log says why\n');
    });
    const { body } = answer;
    if (typeof body === 'string' || Buffer.isBuffer(body))
      sendWhole({ ...answer, body }, request, response);
    else if (this.#isStreaming) sendWhole(BUSY, request, response);
    else await this.#stream(answer, body, request, response);
  }

  /** Piece by piece, as fast as it is read: who is slow makes nothing wait but the next such answer. */
  async #stream(
    answer: Answer,
    body: AsyncIterable<string>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#isStreaming = true;
    try {
      response.writeHead(answer.status, headersOf(answer));
      const pieces = request.method === 'HEAD' ? [] : body;
      await pipeline(Readable.from(pieces, { highWaterMark: 1 }), response);
    } catch (err) {
      const { code = '' } = err as NodeJS.ErrnoException;
      if (!HAS_GONE.has(code)) this.#shown.onError(err);
    } finally {
      this.#isStreaming = false;
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method, url = '' } = request;
    const [path = ''] = url.split('?', 1);
    const show = this.#pages[path];
    if (show === undefined) return text(404, NOT_FOUND);
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'GET and HEAD only\n');
    return show(request, new URLSearchParams(url.slice(path.length)));
  }
}

/** The visitor did not wait for the end. */
const HAS_GONE = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'ECONNRESET',
  'EPIPE',
]);
const NOT_FOUND = 'here are /metrics, /healthz, /readyz, / and /api/v1/episodes\n';
const BUSY = problem(429, 'somebody else is told the episodes, ask again');

function pagesOf(shown: StatusPages): Record<string, Page> {
  const { clock, page, health, readiness, admit, episodes } = shown;
  const share = ({ contentType: type, render }: Exposition): (() => Promise<Answer>) =>
    shareRendering(clock, async () => ({ status: 200, type, body: Buffer.from(await render()) }));
  const [metrics, openMetrics] = [share(shown.metrics), share(shown.openMetrics)];
  const shownPage = shareRendering(clock, page, {
    keyOf: (params, access) => `${access} ${params.toString()}`,
    busy: text(429, 'others wait for this page, ask again\n'),
  });
  return Object.assign(Object.create(null), {
    '/metrics': async (visitor) => {
      const access = shown.metricsNeedToken ? await admit(visitor, { kind: 'metrics' }) : 'all';
      if (!isAdmitted(access)) return access;
      return prefersOpenMetrics(visitor.headers.accept ?? '') ? openMetrics() : metrics();
    },
    '/healthz': () => verdict(health),
    '/readyz': () => verdict(readiness),
    '/': async (visitor, params) => {
      // A form that is sent empty asks for all.
      const namespace = params.get('namespace')?.trim() || undefined;
      const access = await admit(visitor, { kind: 'pods', namespace });
      return isAdmitted(access) ? shownPage(params, access) : access;
    },
    '/api/v1/episodes': async (visitor, params) => {
      const namespace = params.get('namespace') ?? undefined;
      const access = await admit(visitor, { kind: 'pods', namespace });
      return isAdmitted(access) ? episodes(params, access) : access;
    },
  } satisfies Record<string, Page>);
}

function verdict(checks: readonly Check[]): Answer {
  const problems = checks.map((check) => check()).filter((problem) => problem !== undefined);
  if (problems.length === 0) return text(200, 'ok\n');
  return text(503, problems.map((problem) => `${problem}\n`).join(''));
}
