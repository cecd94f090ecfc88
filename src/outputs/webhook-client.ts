import { createHmac } from 'node:crypto';
import type { EventOrigin } from '../recorder/build-event.ts';
import type { AttributedEpisode } from '../store/episode-history.ts';
import type { EpisodeBatch, EpisodeClient } from './episode-output.ts';
import { classifyDelivery, DeliveryError, postOnce } from './post-once.ts';
import { type DescribeOptions, describeEpisode, SCHEMA_VERSION } from './describe-episode.ts';
import type { WebhookTarget } from './webhook-target.ts';

/** For one request, from the name look-up to the answer's status. */
const EXCHANGE_LIMIT_MS = 10_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** With tables of fifty tasks these are 600 kB. */
const MAX_BATCH = 50;

/** Too early to be told whether they pass: request time-out, too early, too many. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

export interface WebhookEnv extends Omit<EventOrigin, 'bootId'> {
  readonly nowMs: () => number;
  readonly limitMs?: number;
}

/** Posts episodes as JSON, signed. A request each time anew: kills are rare, and files are replaced. */
export class WebhookClient implements EpisodeClient<'delivered'> {
  readonly name = 'webhook';
  readonly destination = 'the webhook';
  readonly items = 'episodes';
  readonly outcomes = [
    'delivered',
    'retried',
    'refused',
    'gave-up',
    'expired',
    'excluded',
  ] as const;
  readonly maxBatch = MAX_BATCH;
  /** Somebody may be woken by it: not for what was before it was asked for. */
  readonly backfills = false;
  readonly #target: WebhookTarget;
  readonly #env: WebhookEnv;

  constructor(target: WebhookTarget, env: WebhookEnv) {
    this.#target = target;
    this.#env = env;
  }

  /** Nobody it was about is to be told of. */
  isExcluded({ attribution: { subjects } }: AttributedEpisode): boolean {
    const { wants = () => true } = this.#env;
    return subjects.length > 0 && !subjects.some(wants);
  }

  /** @throws DeliveryError; what is too long as well, so that it comes again in halves */
  async deliver({ episodes }: EpisodeBatch): Promise<'delivered'> {
    const { url, ca, taskTables } = this.#target;
    const body = Buffer.from(webhookBody(episodes, { ...this.#env, taskTables }));
    if (body.length > MAX_BODY_BYTES) throw failure('E_WEBHOOK_REFUSED', 'it is more than 1 MiB');
    const { status, retryAfterMs } = await postOnce({
      url,
      headers: { 'content-type': 'application/json', ...this.#sign(body) },
      body,
      ca: this.#read(ca),
      limitMs: this.#env.limitMs ?? EXCHANGE_LIMIT_MS,
      maxTextBytes: 0,
    }).catch((cause: unknown) => {
      throw failure('E_WEBHOOK_AWAY', 'no answer', cause);
    });
    if (status >= 200 && status <= 299) return 'delivered';
    const isPassing = PASSING.has(status) || status >= 500;
    const code = isPassing ? 'E_WEBHOOK_AWAY' : 'E_WEBHOOK_REFUSED';
    throw failure(code, `HTTP ${status}`, undefined, retryAfterMs);
  }

  readonly classify = classifyDelivery;

  /** docs/webhook.md says how to verify it. */
  #sign(body: Buffer): Record<string, string> {
    const timestamp = String(Math.floor(this.#env.nowMs() / 1000));
    const secret = this.#read(this.#target.secret);
    const headers = { 'x-oom-recorder-timestamp': timestamp };
    if (secret === undefined) return headers;
    const hmac = createHmac('sha256', secret).update(`${timestamp}.`).update(body);
    return { ...headers, 'x-oom-recorder-signature': `sha256=${hmac.digest('hex')}` };
  }

  /** It was there at the start; whoever takes it away puts another one there. */
  #read(file: WebhookTarget['secret']): string | undefined {
    try {
      return file?.();
    } catch (cause) {
      throw failure('E_WEBHOOK_ACCESS', 'a file cannot be read', cause);
    }
  }
}

/** What a webhook is sent. Names and meanings of its fields are in docs/webhook.md. */
export function webhookBody(
  episodes: readonly AttributedEpisode[],
  options: DescribeOptions,
): string {
  return JSON.stringify({
    schemaVersion: SCHEMA_VERSION,
    episodes: episodes.map((queued) => describeEpisode(queued, options)),
  });
}

/** Nothing of the URL or of the answer is in it. */
function failure(
  code: `E_WEBHOOK_${'AWAY' | 'ACCESS' | 'REFUSED'}`,
  problem: string,
  cause?: unknown,
  retryAfterMs?: number,
): DeliveryError {
  return new DeliveryError(code, `Posting to the webhook: ${problem}`, cause, retryAfterMs);
}
