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

const TEXT = 'text/plain; charset=utf-8';
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json';

export function text(status: number, body: string): Whole {
  return { status, type: TEXT, body };
}

export function html(body: string): Whole {
  return { status: 200, type: HTML, body: Buffer.from(body) };
}

export function json(body: AsyncIterable<string>): Answer {
  return { status: 200, type: JSON_TYPE, body };
}

/** Why not, for a program and for a person. */
export function problem(status: number, error: string): Whole {
  const headers = status === 429 ? { 'retry-after': '1' } : {};
  return { status, type: JSON_TYPE, body: `${JSON.stringify({ error })}\n`, headers };
}
