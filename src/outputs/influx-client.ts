import http from 'node:http';
import https from 'node:https';
import { InfluxDB, setLogger, type WriteApi } from '@influxdata/influxdb-client';
import { type EpisodeFacts, episodeFacts } from '../recorder/episode-facts.ts';
import type { EpisodeClient } from './episode-output.ts';
import type { EpisodeBatch } from './episode-queue.ts';
import { classifyInfluxError, InfluxError } from './influx-error.ts';
import { influxPoint } from './influx-point.ts';
import type { InfluxTarget } from './influx-target.ts';
import type { Failure } from './output-client.ts';
import type { ReadAnew } from './output-options.ts';

/** What InfluxData recommends is 5,000 lines; ours come in dozens, and 500 are 100 kB. */
const MAX_BATCH = 500;
/** For one batch, from the name look-up to the last byte of the answer. */
const WRITE_LIMIT_MS = 15_000;
/** An answer says little; whoever says more is no InfluxDB, and the library would keep all of it. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** The library would send by itself when so much has gathered; a batch of ours is smaller. */
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Writes points with InfluxData's library: its escaping and its requests. Its buffers, retries and
 * timers stay unused, since they lose everything with the process; the store is the queue.
 */
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
    setLogger({ error: () => {}, warn: () => {} }); // it prints; what fails is reported here
  }

  /** @throws InfluxError */
  async deliver({ episodes }: EpisodeBatch): Promise<'written'> {
    await this.write(episodes.map(episodeFacts));
    return 'written';
  }

  classify(err: unknown): Failure {
    if (!(err instanceof InfluxError)) return { means: 'busy' };
    const { retryable, retryAfterMs } = err;
    return retryable ? { means: 'away', retryAfterMs } : { means: 'final' };
  }

  /** All of them; one that is written twice is one. @throws InfluxError */
  async write(episodes: readonly EpisodeFacts[]): Promise<void> {
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), this.#timeoutMs);
    try {
      const api = this.#open(episodes.length, over.signal);
      api.writePoints(episodes.map(influxPoint));
      await api.flush();
    } catch (cause) {
      throw classifyInfluxError(cause);
    } finally {
      clearTimeout(timer);
      over.abort(); // the library forgets a request that timed out, and leaves it open
    }
  }

  /** A writer for one batch: secrets are read anew, and the deadline is its own. */
  #open(points: number, signal: AbortSignal): WriteApi {
    const target = this.#target;
    const connection = { url: target.url, transportOptions: { signal, ...BOUNDED } };
    const options = {
      batchSize: points + 1,
      maxBatchBytes: NEVER,
      flushInterval: 0,
      maxRetries: 0,
    };
    if (target.version === 2) {
      const token = readSecret(target.token);
      const client = new InfluxDB({ ...connection, ...(token !== undefined && { token }) });
      return client.getWriteApi(target.org, target.bucket, 'ns', options);
    }
    const client = new InfluxDB({ ...connection, headers: basicAuth(target) });
    const api = client.getWriteApi('', '', 'ns', options);
    api.path = `/write?db=${encodeURIComponent(target.database)}&precision=ns`;
    return api;
  }
}

/** InfluxDB 1.6 knows no `Token`, which the library would send. */
function basicAuth({ user, password }: InfluxTarget & { version: 1 }): Record<string, string> {
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

type OnResponse = (response: http.IncomingMessage) => void;

/** The library's own hook for another `request` (made for follow-redirects): ours stops listening. */
const BOUNDED = {
  'follow-redirects': {
    http: { request: bounded(http.request) },
    https: { request: bounded(https.request) },
  },
};

function bounded(
  request: (options: http.RequestOptions, onResponse: OnResponse) => http.ClientRequest,
): (options: http.RequestOptions, onResponse: OnResponse) => http.ClientRequest {
  return (options, onResponse) =>
    request(options, (response) => {
      onResponse(response);
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('The answer is too long'));
      });
    });
}
