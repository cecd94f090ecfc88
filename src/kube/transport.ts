import type { RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, request } from 'undici';
import { ApiError } from './api-errors.ts';
import { classifyAnswer, classifyTransport } from './classify-failure.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { withDeadline } from './deadline.ts';
import { SharedDispatcher, type Timeouts, type Use } from './shared-dispatcher.ts';

const USER_AGENT = 'oom-recorder';

/** A document as it came, and what it says. */
interface JsonAnswer {
  readonly text: string;
  readonly json: unknown;
}

/** Sends what client-node describes as a request: authenticated, in time, its failures classified. */
export class Transport implements AsyncDisposable {
  readonly #access: ClusterAccess;
  readonly #timeouts: Timeouts;
  readonly #dispatcher: SharedDispatcher;

  constructor(access: ClusterAccess, timeouts: Timeouts) {
    this.#access = access;
    this.#timeouts = timeouts;
    this.#dispatcher = new SharedDispatcher(timeouts);
  }

  /** One question, one answer: a JSON document, or an {@link ApiError}. */
  async exchange(context: RequestContext, signal: AbortSignal | undefined): Promise<JsonAnswer> {
    const doing = describe(context);
    const answer = await this.#inTime(doing, signal, async (either) => {
      const { statusCode, headers, body } = await this.#send(context, 'request', either);
      const [retryAfter] = [headers['retry-after']].flat();
      return { status: statusCode, retryAfter, body: await body.text() };
    });
    if (answer.status < 200 || answer.status > 299) throw classifyAnswer(doing, answer);
    return { text: answer.body, json: parse(doing, answer.body) };
  }

  /** An answer that goes on. Its status and headers come in time, its body as long as `signal` lets it. */
  async open(context: RequestContext, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    return this.#inTime(describe(context), signal, (either) =>
      this.#send(context, 'stream', either),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher[Symbol.asyncDispose]();
  }

  async #inTime<T>(
    doing: string,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await withDeadline(this.#timeouts.requestMs, signal, run);
    } catch (err) {
      throw classifyTransport(doing, err, signal);
    }
  }

  async #send(context: RequestContext, use: Use, signal: AbortSignal) {
    await this.#authenticate(context);
    return request(context.getUrl(), {
      dispatcher: this.#dispatcher.take(this.#access.transport, use),
      method: context.getHttpMethod(),
      headers: { ...context.getHeaders(), 'User-Agent': USER_AGENT },
      body: textOf(context),
      signal,
    });
  }

  async #authenticate(context: RequestContext): Promise<void> {
    try {
      await this.#access.applySecurityAuthentication(context);
    } catch (err) {
      const doing = `read the credentials for ${this.#access.server}`;
      // It quotes what it could not read, and a plugin that prints no JSON may print a token.
      const cause = err instanceof SyntaxError ? new Error('the exec plugin printed no JSON') : err;
      throw new ApiError(doing, { code: 'E_API_CREDENTIALS', retryable: true }, cause);
    }
  }
}

export function describe(context: RequestContext): string {
  return `${context.getHttpMethod()} ${new URL(context.getUrl()).pathname}`;
}

/** The generated API sends JSON; the other bodies its type allows are of forms. */
function textOf(context: RequestContext): string | null {
  const body = context.getBody();
  return typeof body === 'string' ? body : null;
}

/** Something between us and the API server (a captive portal, a proxy's page) may answer 200 as well. */
function parse(doing: string, body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (err) {
    const facts = { code: 'E_API_GARBLED', retryable: true } as const;
    throw new ApiError(`${doing}: the answer is not JSON`, facts, err);
  }
}
