import type { Clock } from '../clock.ts';
import { parseSince, SINCE_FORMS } from '../parse-since.ts';
import type { NodeRef } from '../recorder/build-event.ts';
import { describeEpisode } from '../outputs/describe-episode.ts';
import { historyJson } from '../outputs/history-document.ts';
import { type AskHistory, type HistoryFilter, oldestMs, readHistory } from '../store/history.ts';
import type { StoredEpisode } from '../store/stored-episode.ts';
import { type Access, isOfItsOwn } from './access.ts';
import { type Answer, json, problem } from './answer.ts';
import { giveWay, type OwnWork } from './give-way.ts';

/** What is needed of the agent. */
export interface EpisodeSource extends OwnWork {
  readonly clock: Clock;
  readonly node: NodeRef;
  readonly ask: AskHistory;
}

/** What `GET /api/v1/episodes` is asked for. */
export interface EpisodeQuery extends HistoryFilter {
  readonly limit: number;
  readonly tasks: boolean;
}

const DEFAULT_LIMIT = 100;
/** More are asked for with `since`. A thousand are 2 MB. */
const MAX_LIMIT = 1000;

const KNOWN = ['since', 'namespace', 'pod', 'container', 'limit', 'tasks'];

/** `GET /api/v1/episodes`, for somebody who may see so much. The contract is docs/history.md. */
export function answerEpisodes(
  { node, ask, clock, records }: EpisodeSource,
  params: URLSearchParams,
  access: Access,
): Answer {
  const query = parseEpisodeQuery(params, clock.wallMs());
  if (typeof query === 'string') return problem(400, query);
  const head = { node: node.name, recordedSinceMs: oldestMs(ask) };
  const found = readHistory(ask, query, query.limit, giveWay({ clock, records }));
  const pages = describePages(found, node, query, access);
  return json(historyJson(head, pages));
}

async function* describePages(
  pages: AsyncIterable<readonly StoredEpisode[]>,
  node: NodeRef,
  { tasks }: EpisodeQuery,
  access: Access,
): AsyncGenerator<readonly object[]> {
  for await (const page of pages) {
    const described = page.map((stored) => describeEpisode(stored, { node, taskTables: tasks }));
    yield access === 'all' ? described : described.map(ofItsNamespace);
  }
}

function ofItsNamespace(episode: ReturnType<typeof describeEpisode>): object {
  const { invoker: _invoker, tasks: _tasks, ...own } = episode;
  return isOfItsOwn(episode.limitLevel) ? episode : own;
}

/** @returns the query, or which parameter is wrong and why */
export function parseEpisodeQuery(params: URLSearchParams, nowMs: number): EpisodeQuery | string {
  for (const name of params.keys()) {
    if (!KNOWN.includes(name))
      return `${JSON.stringify(name)} is no parameter; there are ${KNOWN.join(', ')}`;
    if (params.getAll(name).length > 1) return `${name} is there more than once`;
    if (params.get(name) === '') return `${name} is empty`;
  }
  const asked: Readonly<Partial<Record<string, string>>> = Object.fromEntries(params);
  const { since, tasks = 'false', limit = String(DEFAULT_LIMIT) } = asked;
  const sinceMs = since === undefined ? undefined : parseSince(since, nowMs);
  if (since !== undefined && sinceMs === undefined) return `since is no time: write ${SINCE_FORMS}`;
  if (!/^[1-9]\d{0,8}$/.test(limit)) return `limit is no whole number, 1 or more`;
  if (tasks !== 'true' && tasks !== 'false') return 'tasks is neither true nor false';
  const { namespace, pod, container } = asked;
  const whose = { namespace, pod, container, sinceMs };
  return { ...whose, limit: Math.min(Number(limit), MAX_LIMIT), tasks: tasks === 'true' };
}
