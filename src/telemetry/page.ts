import { Markup, markup } from '../markup.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { EpisodeQuery } from './episode-api.ts';
import { SCRIPT, STYLE } from './page-assets.ts';
import { utc } from './page-episode.ts';
import { type PageStatus, renderStatus } from './page-status.ts';

/** What the page shows. */
export interface PageView {
  readonly node: string;
  readonly version: string;
  readonly nowMs: number;
  readonly status: PageStatus;
  readonly query: EpisodeQuery;
  /** The newest that wait for their attribution. */
  readonly pending: readonly Markup[];
  /** The newest that do not, the newest first. */
  readonly episodes: readonly Markup[];
}

/** So many are shown where more are asked for. */
export const MAX_SHOWN = 200;

/**
 * The page of a node, for a person: how the agent is, what waits, and the last kills. It loads nothing but itself,
 * and does without its script.
 */
export function renderPage(view: PageView): string {
  const { node, version, query } = view;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OOM kills on ${node}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>OOM kills on ${node}</h1>
${form(query)}<p id="stale" class="bad" role="alert" hidden>It could not be refreshed: what is shown is old.</p>
</header>
${main(view)}<footer>oom-recorder ${version} · <a href="/metrics">metrics</a> · <a href="/readyz">ready?</a> · <a href="/api/v1/episodes">JSON</a></footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}

function form({ namespace, pod }: EpisodeQuery): Markup {
  return markup`<form>
<label>Namespace <input name="namespace" value="${namespace}"></label>
<label>Pod <input name="pod" value="${pod}"></label>
<button>Filter</button>
</form>
`;
}

function main({ nowMs, status, query, pending, episodes }: PageView): Markup {
  const rest = status.pending - pending.length;
  const more = rest > 0 ? markup`<p class="note">and ${rest} more that wait</p>\n` : undefined;
  const filter = ofWhom(query);
  return markup`<main>
${renderStatus(status)}<p class="note">As of <time datetime="${new Date(nowMs).toISOString()}">${utc(nowMs)}</time> UTC, as are all times here. <a href="">Reload</a></p>
${pending.length > 0 ? markup`<h2>Pending</h2>\n${pending}${more}` : undefined}<h2>Kills${filter}</h2>
${episodes.length > 0 ? markup`${episodes}` : markup`<p>${noneWords(filter !== undefined, status)}</p>\n`}${moreLink(query, episodes.length)}</main>
`;
}

function ofWhom({ namespace, pod, container, sinceMs }: EpisodeQuery): Markup | undefined {
  const words = [
    ...(container === undefined ? [] : [`of container ${container}`]),
    ...(pod === undefined ? [] : [`of pod ${pod}`]),
    ...(namespace === undefined ? [] : [`in namespace ${namespace}`]),
    ...(sinceMs === undefined ? [] : [`since ${utc(sinceMs)}`]),
  ];
  if (words.length === 0) return undefined;
  return markup` ${words.join(' ')} <small><a href="/">show all</a></small>`;
}

/** That nothing is recorded says nothing of what waits. */
function noneWords(isFiltered: boolean, { pending }: PageStatus): string {
  if (isFiltered) return 'None of these is recorded.';
  return pending > 0 ? 'None is recorded besides what waits.' : 'None is recorded.';
}

function moreLink(query: EpisodeQuery, shown: number): Markup | undefined {
  const { namespace, pod, container, sinceMs, limit } = query;
  if (shown < limit) return undefined;
  if (limit >= MAX_SHOWN) return markup`<p class="note">The newest ${limit}.</p>\n`;
  const since = sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
  const more = withoutAbsent({ namespace, pod, container, since, limit: String(MAX_SHOWN) });
  return markup`<p class="note">The newest ${limit}. <a href="/?${new URLSearchParams(more).toString()}">Show up to ${MAX_SHOWN}</a></p>\n`;
}
