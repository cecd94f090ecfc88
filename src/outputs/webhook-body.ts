import type { AttributedEpisode } from '../store/episode-history.ts';
import { type DescribeOptions, describeEpisode, SCHEMA_VERSION } from './describe-episode.ts';

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
