import { Agent, request } from 'undici';
import { beginningOf } from '../kube/body-text.ts';
import { RecorderError } from '../errors.ts';
import { readRetryAfterMs } from '../retry.ts';
import type { Failure } from './output-client.ts';

/** What is posted, and to whom. */
export interface OncePosted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** PEM; the usual authorities where absent. */
  readonly ca?: string | undefined;
  /** From the name look-up to the last byte that is read of the answer. */
  readonly limitMs: number;
  /** How much is read of the text of an answer: not more than a chunk beyond it. */
  readonly maxTextBytes: number;
}

/** What came back. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfterMs: number;
  /** The beginning of it. */
  readonly text: string;
}

/**
 * One POST over a connection of its own, for kills are rare. No redirect is followed. The time-out is the
 * signal's alone: undici's own would wake the process twice a second.
 *
 * @throws what undici, TLS or the socket say
 */
export async function postOnce(posted: OncePosted): Promise<PostAnswer> {
  const { url, headers, body, ca, limitMs, maxTextBytes } = posted;
  const connect = { timeout: 0, ...(ca !== undefined && { ca }) };
  const dispatcher = new Agent({ allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect });
  try {
    const answer = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'user-agent': 'oom-recorder', ...headers },
      body,
      signal: AbortSignal.timeout(limitMs),
    });
    return {
      status: answer.statusCode,
      retryAfterMs: readRetryAfterMs(answer.headers['retry-after']),
      text: maxTextBytes === 0 ? '' : await beginningOf(answer.body, maxTextBytes),
    };
  } finally {
    await dispatcher.destroy();
  }
}

/**
 * Episodes that did not get to an output. By its code: `…_AWAY` they may later, `…_ACCESS` when somebody
 * has set something right, `…_REFUSED` these never.
 */
export class DeliveryError extends RecorderError {
  readonly code: `E_${string}_${'AWAY' | 'ACCESS' | 'REFUSED'}`;
  /** How long the server asked us to stay away; 0 where it did not. */
  readonly retryAfterMs: number;

  constructor(code: DeliveryError['code'], message: string, cause?: unknown, retryAfterMs = 0) {
    super(message, cause);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return !this.code.endsWith('_REFUSED');
  }
}

/** Whatever fails to be delivered because of its receiver concerns all that waits: there is one. */
export function classifyDelivery(err: unknown): Failure {
  if (!(err instanceof DeliveryError)) return { means: 'busy' };
  const { retryable, retryAfterMs } = err;
  return retryable ? { means: 'away', retryAfterMs } : { means: 'final' };
}
