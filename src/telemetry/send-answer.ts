import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, Whole } from './answer.ts';
import { PAGE_POLICY } from './page-assets.ts';

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
