import { type DescribeOptions, describeEpisode, SCHEMA_VERSION } from './describe-episode.ts';
import type { QueuedEpisode } from './episode-backlog.ts';

/** What a webhook is sent. Names and meanings of its fields are in docs/webhook.md. */
export function webhookBody(episodes: readonly QueuedEpisode[], options: DescribeOptions): string {
  return JSON.stringify({
    schemaVersion: SCHEMA_VERSION,
    episodes: episodes.map((queued) => describeEpisode(queued, options)),
  });
}
