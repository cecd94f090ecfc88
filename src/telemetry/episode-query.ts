import { parseSince, SINCE_FORMS } from '../parse-since.ts';
import type { HistoryFilter } from '../store/history.ts';

/** What `GET /api/v1/episodes` is asked for. */
export interface EpisodeQuery extends HistoryFilter {
  readonly limit: number;
  readonly tasks: boolean;
}

const DEFAULT_LIMIT = 100;
/** More are asked for with `since`. A thousand are 2 MB. */
const MAX_LIMIT = 1000;

const KNOWN = ['since', 'namespace', 'pod', 'container', 'limit', 'tasks'];

/** @returns the query, or which parameter is wrong and why */
export function parseEpisodeQuery(params: URLSearchParams, nowMs: number): EpisodeQuery | string {
  for (const name of params.keys()) {
    if (!KNOWN.includes(name))
      return `${JSON.stringify(name)} is no parameter; there are ${KNOWN.join(', ')}`;
    if (params.getAll(name).length > 1) return `${name} is there more than once`;
    if (params.get(name) === '') return `${name} is empty`;
  }
  const get = (name: string): string | undefined => params.get(name) ?? undefined;
  const [since, tasks = 'false', limit = String(DEFAULT_LIMIT)] = ['since', 'tasks', 'limit'].map(
    get,
  );
  const sinceMs = since === undefined ? undefined : parseSince(since, nowMs);
  if (since !== undefined && sinceMs === undefined) return `since is no time: write ${SINCE_FORMS}`;
  if (!/^[1-9]\d{0,8}$/.test(limit)) return `limit is no whole number, 1 or more`;
  if (tasks !== 'true' && tasks !== 'false') return 'tasks is neither true nor false';
  return {
    sinceMs,
    namespace: get('namespace'),
    pod: get('pod'),
    container: get('container'),
    limit: Math.min(Number(limit), MAX_LIMIT),
    tasks: tasks === 'true',
  };
}
