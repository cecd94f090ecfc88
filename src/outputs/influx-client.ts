import { episodeFacts } from '../recorder/episode-facts.ts';
import type { EpisodeBatch, EpisodeClient } from './episode-output.ts';
import { influxPoint } from './influx-point.ts';
import type { InfluxTarget } from './influx-target.ts';
import type { ReadAnew } from './output-options.ts';
import { classifyDelivery, DeliveryError, type PostAnswer, postOnce } from './post-once.ts';

/** What InfluxData recommends is 5,000 lines; ours come in dozens, and 500 are 100 kB. */
const MAX_BATCH = 500;
/** For one batch, from the name look-up to the last byte of the answer. */
const WRITE_LIMIT_MS = 15_000;
/** An answer says little; whoever says more is no InfluxDB. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** InfluxDB answers 204; its own library takes 201 for written as well, and nothing else. */
const WRITTEN: ReadonlySet<number> = new Set([201, 204]);

/**
 * InfluxDB's words for points it does not take: 1.x `partial write: …` and `field type conflict: …`,
 * 1.x and 2.x `unable to parse '…'`, 3.x `failed to parse line protocol: …`, `partial write of line
 * protocol occurred` and `parsing failed for write_lp endpoint`.
 *
 * @see https://github.com/influxdata/influxdb/blob/1.8/services/httpd/handler.go `serveWrite`
 */
const ABOUT_POINTS =
  /partial write|unable to parse|failed to parse line protocol|parsing failed for write_lp|field type conflict|(?:beyond|outside) retention policy/i;

/** An error page can be long; its beginning says what it is. */
const MAX_QUOTED_CHARS = 1024;

/** Writes points. Queue, retries and timers are the `Output`'s: the store is the queue. */
export class InfluxClient implements EpisodeClient<'written'> {
  readonly name = 'influx';
  readonly destination = 'influxdb';
  readonly items = 'points';
  readonly outcomes = ['written', 'retried', 'refused', 'expired'] as const;
  readonly maxBatch = MAX_BATCH;
  /** The history alone limits how long they wait: a point is as good when it comes late. */
  readonly giveUpAfterMs = Infinity;
  /** Whoever names an InfluxDB has what the history has in it. */
  readonly backfills = true;
  readonly #target: InfluxTarget;
  readonly #timeoutMs: number;

  constructor(target: InfluxTarget, timeoutMs = WRITE_LIMIT_MS) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** All of them; one that is written twice is one. @throws DeliveryError */
  async deliver({ episodes }: EpisodeBatch): Promise<'written'> {
    const points = episodes.map((episode) => influxPoint(episodeFacts(episode)).toLineProtocol());
    const answer = await postOnce({
      headers: authorization(this.#target),
      url: writeUrl(this.#target),
      body: points.join('\n'),
      limitMs: this.#timeoutMs,
      maxTextBytes: MAX_ANSWER_BYTES,
    }).catch((cause: unknown) => {
      throw failure('E_INFLUX_AWAY', cause);
    });
    if (!WRITTEN.has(answer.status)) throw refusal(answer);
    return 'written';
  }

  readonly classify = classifyDelivery;
}

function writeUrl(target: InfluxTarget): string {
  const base = target.url.replace(/\/+$/, '');
  const encode = encodeURIComponent;
  return target.version === 1
    ? `${base}/write?db=${encode(target.database)}&precision=ns`
    : `${base}/api/v2/write?org=${encode(target.org)}&bucket=${encode(target.bucket)}&precision=ns`;
}

/** Secrets are read anew for each batch. InfluxDB 1.6 knows no `Token`. */
function authorization(target: InfluxTarget): Record<string, string> {
  if (target.version === 2) {
    const token = readSecret(target.token);
    return token === undefined ? {} : { authorization: `Token ${token}` };
  }
  const { user, password } = target;
  if (user === undefined) return {};
  const credentials = Buffer.from(`${user}:${readSecret(password) ?? ''}`).toString('base64');
  return { authorization: `Basic ${credentials}` };
}

/** It was there at the start; whoever takes it away puts another one there. */
function readSecret(secret: ReadAnew | undefined): string | undefined {
  try {
    return secret?.();
  } catch (cause) {
    throw failure('E_INFLUX_ACCESS', cause);
  }
}

type Code = `E_INFLUX_${'AWAY' | 'ACCESS' | 'REFUSED'}`;

function failure(code: Code, cause: unknown, retryAfterMs?: number): DeliveryError {
  return new DeliveryError(code, 'Writing points to InfluxDB', cause, retryAfterMs);
}

/**
 * What an answer means that is none to a write. 413 and 422 are about the points, and so is a 400 if
 * InfluxDB says it is. Any other 400 (plain HTTP to a TLS port, no organization) is like a wrong token,
 * database or bucket: somebody's to set right, and the points wait for it.
 */
function refusal({ status, text, retryAfterMs }: PostAnswer): DeliveryError {
  const cause = new Error(`HTTP ${status}: ${text.slice(0, MAX_QUOTED_CHARS)}`);
  return failure(codeOf(status, text), cause, retryAfterMs);
}

function codeOf(status: number, text: string): Code {
  if (status === 413 || status === 422) return 'E_INFLUX_REFUSED';
  if (status === 400) return ABOUT_POINTS.test(text) ? 'E_INFLUX_REFUSED' : 'E_INFLUX_ACCESS';
  if (status === 401 || status === 403 || status === 404) return 'E_INFLUX_ACCESS';
  return 'E_INFLUX_AWAY';
}
