import { type EpisodeFacts, episodeFacts } from '../recorder/episode-facts.ts';
import { classifyDelivery } from './delivery-error.ts';
import type { EpisodeClient } from './episode-output.ts';
import type { EpisodeBatch } from './episode-queue.ts';
import { InfluxError, influxRefusal } from './influx-error.ts';
import { influxPoint } from './influx-point.ts';
import type { InfluxTarget } from './influx-target.ts';
import type { ReadAnew } from './output-options.ts';
import { type PostAnswer, postOnce } from './post-once.ts';

/** What InfluxData recommends is 5,000 lines; ours come in dozens, and 500 are 100 kB. */
const MAX_BATCH = 500;
/** For one batch, from the name look-up to the last byte of the answer. */
const WRITE_LIMIT_MS = 15_000;
/** An answer says little; whoever says more is no InfluxDB. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** InfluxDB answers 204; its own library takes 201 for written as well, and nothing else. */
const WRITTEN: ReadonlySet<number> = new Set([201, 204]);

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

  /** @throws InfluxError */
  async deliver({ episodes }: EpisodeBatch): Promise<'written'> {
    await this.write(episodes.map(episodeFacts));
    return 'written';
  }

  readonly classify = classifyDelivery;

  /** All of them; one that is written twice is one. @throws InfluxError */
  async write(episodes: readonly EpisodeFacts[]): Promise<void> {
    const answer = await this.#post(
      episodes.map((facts) => influxPoint(facts).toLineProtocol()).join('\n'),
      authorization(this.#target),
    );
    if (!WRITTEN.has(answer.status)) throw influxRefusal(answer);
  }

  async #post(body: string, headers: Readonly<Record<string, string>>): Promise<PostAnswer> {
    const [url, limitMs] = [writeUrl(this.#target), this.#timeoutMs];
    try {
      return await postOnce({ url, headers, body, limitMs, maxTextBytes: MAX_ANSWER_BYTES });
    } catch (cause) {
      throw new InfluxError('E_INFLUX_AWAY', 0, cause);
    }
  }
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
    throw new InfluxError('E_INFLUX_ACCESS', 0, cause);
  }
}
