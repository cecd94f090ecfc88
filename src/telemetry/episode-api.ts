import type { Clock } from '../clock.ts';
import type { NodeRef } from '../recorder/build-event.ts';
import { describeEpisode } from '../outputs/describe-episode.ts';
import { historyJson } from '../outputs/history-document.ts';
import { type AskHistory, oldestMs, readHistory } from '../store/history.ts';
import type { StoredEpisode } from '../store/stored-episode.ts';
import { type Access, isOfItsOwn } from './access.ts';
import { type Answer, json, problem } from './answer.ts';
import { giveWay, type OwnWork } from './give-way.ts';
import { type EpisodeQuery, parseEpisodeQuery } from './episode-query.ts';

/** What is needed of the agent. */
export interface EpisodeSource extends OwnWork {
  readonly clock: Clock;
  readonly node: NodeRef;
  readonly ask: AskHistory;
}

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
