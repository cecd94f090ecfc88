import { safeText } from '../safe-text.ts';
import type { EpisodeFacts } from '../recorder/episode-facts.ts';

/** What the page shows. */
export interface PageView {
  readonly node: string;
  readonly version: string;
  /** What is wrong, be the agent ready or not; empty when nothing is. */
  readonly problems: readonly string[];
  /** The newest first. */
  readonly episodes: readonly EpisodeFacts[];
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
  h1 { font-size: 1.3rem; margin: 0 }
  table { border-collapse: collapse; margin-top: 1rem; width: 100% }
  th, td { border-bottom: 1px solid #8886; padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top }
  td { overflow-wrap: anywhere }
  td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums }
  .problem { color: #c33; font-weight: 600 }
  footer { color: #888; margin-top: 1.5rem }`;

/** The page of a node, for a person: how the agent is, and the last kills. No script, no request. */
export function renderPage({ node, version, problems, episodes }: PageView): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OOM kills on ${escapeHtml(node)}</title>
<style>${STYLE}
</style>
<h1>OOM kills on ${escapeHtml(node)}</h1>
${problems.map((problem) => `<p class="problem">${escapeHtml(problem)}</p>\n`).join('')}${table(episodes)}
<footer>oom-recorder ${escapeHtml(version)} · <a href="/metrics">metrics</a> · <a href="/readyz">ready?</a></footer>
</html>
`;
}

function table(episodes: readonly EpisodeFacts[]): string {
  if (episodes.length === 0) return '<p>None recorded. Memory was enough so far.</p>';
  return `<table>
<thead><tr><th>When (UTC)<th>Where<th>Limit<th>What happened</tr></thead>
<tbody>
${episodes.map(row).join('\n')}
</tbody>
</table>`;
}

function row(episode: EpisodeFacts): string {
  const { atMs, namespace, pod, container, limitLevel = 'withheld', message } = episode;
  const where = [namespace, pod, container].filter((part) => part !== undefined).join('/');
  const cells = [formatTime(atMs), where === '' ? 'the node' : where, limitLevel, message];
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}`).join('')}</tr>`;
}

function formatTime(atMs: number): string {
  const time = new Date(atMs);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(0, 19).replace('T', ' ');
}

/** Names in here were chosen by whoever ran the process. */
function escapeHtml(text: string): string {
  return safeText(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
