import type { Markup } from '../markup.ts';
import { latestPending, readHistory } from '../store/history.ts';
import type { Access } from './access.ts';
import { html, text, type Whole } from './answer.ts';
import { type EpisodeQuery, type EpisodeSource, parseEpisodeQuery } from './episode-api.ts';
import { giveWay } from './give-way.ts';
import { MAX_SHOWN, renderPage } from './page.ts';
import { renderEpisode } from './page-episode.ts';
import type { PageStatus } from './page-status.ts';

/** What the page needs of the agent. */
export interface PageSource extends EpisodeSource {
  readonly version: string;
  readonly status: () => PageStatus;
}

/** What somebody takes in at a glance: half of what a browser needs for the page are their tables. */
const USUALLY_SHOWN = 10;
const MAX_PENDING_SHOWN = 20;

/**
 * The page of a node at `/`, for somebody who may see so much: with the rights of a namespace nothing that waits is told but
 * its number, and no process of others.
 *
 * @param params those of the episodes; a form sends the empty ones, too
 */
export async function answerPage(
  { clock, node, version, ask, records, status }: PageSource,
  params: URLSearchParams,
  access: Access,
): Promise<Whole> {
  const nowMs = clock.wallMs();
  const query = parsePageQuery(params, nowMs);
  if (typeof query === 'string') return text(400, `${query}\n`);
  const view = { node: node.name, nowMs, access };
  const pause = giveWay({ clock, records });
  const episodes: Markup[] = [];
  for await (const page of readHistory(ask, { ...query, isDecided: true }, query.limit, pause)) {
    for (const stored of page) episodes.push(renderEpisode(stored, view, episodes.length === 0));
  }
  const waiting = access === 'all' ? latestPending(ask, MAX_PENDING_SHOWN) : [];
  const pending = waiting.map((stored) => renderEpisode(stored, view));
  const page = { node: node.name, version, nowMs, status: status(), query, pending, episodes };
  return html(renderPage(page));
}

function parsePageQuery(params: URLSearchParams, nowMs: number): EpisodeQuery | string {
  const asked = new URLSearchParams();
  for (const [name, value] of params) if (value.trim() !== '') asked.append(name, value.trim());
  if (!asked.has('limit')) asked.set('limit', String(USUALLY_SHOWN));
  const query = parseEpisodeQuery(asked, nowMs);
  if (typeof query === 'string') return query;
  const limit = Math.min(query.limit, MAX_SHOWN);
  if (query.sinceMs === undefined) return { ...query, limit };
  // So long ago may be before there are dates.
  return { ...query, limit, sinceMs: Math.max(0, query.sinceMs) };
}
