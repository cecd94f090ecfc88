import type { IncomingMessage, ServerResponse } from 'node:http';
import { PAGE_POLICY } from './page-assets.ts';

/** What is answered to a request. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  /** In pieces where it may be large: one such answer at a time. */
  readonly body: string | Buffer | AsyncIterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One whose body is there as a whole. */
export interface Whole extends Answer {
  readonly body: string | Buffer;
}

const JSON_TYPE = 'application/json';

export function text(status: number, body: string): Whole {
  return { status, type: 'text/plain; charset=utf-8', body };
}

export function html(body: string): Whole {
  return { status: 200, type: 'text/html; charset=utf-8', body: Buffer.from(body) };
}

export function json(body: AsyncIterable<string>): Answer {
  return { status: 200, type: JSON_TYPE, body };
}

/** Why not, for a program and for a person. */
export function problem(status: number, error: string): Whole {
  const headers = status === 429 ? { 'retry-after': '1' } : {};
  return { status, type: JSON_TYPE, body: `${JSON.stringify({ error })}\n`, headers };
}

/** Answers at once, with all of it; to HEAD with none of it. */
export function sendWhole(
  answer: Whole,
  { method }: IncomingMessage,
  response: ServerResponse,
): void {
  const length = { 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, { ...headersOf(answer), ...length });
  response.end(method === 'HEAD' ? undefined : answer.body);
}

/** The headers of any answer: nobody may keep it, guess its type, or load anything with it. */
export function headersOf({ status, type, headers }: Answer): Readonly<Record<string, string>> {
  return {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': PAGE_POLICY,
    ...(status === 405 && { allow: 'GET, HEAD' }),
    ...headers,
  };
}
