import type { Edge } from '../edge.ts';
import { explain } from '../explain/explain.ts';
import { attributionOf, describeEpisode, episodeId } from '../outputs/describe-episode.ts';
import type { EventFormat } from '../outputs/event-printer.ts';
import { type HistoryHead, historyYaml, indentedHistoryJson } from '../outputs/history-document.ts';
import { historyTable } from '../outputs/history-table.ts';
import { findEpisodes, type HistoryFilter, oldestMs, readHistory } from '../store/history.ts';
import { HistoryError } from '../store/store-errors.ts';
import { MAX_TASKS_KEPT, type StoredEpisode } from '../store/stored-episode.ts';
import { nodeName } from '../wiring/node-name.ts';
import { type OpenedHistory, openStateHistory } from '../wiring/open-history.ts';
import { explanationPrinter, type PrintExplanationOptions } from './explain.ts';

export interface HistoryOptions extends Omit<HistoryFilter, 'sinceMs'> {
  readonly stateDir: string;
  readonly nodeName?: string;
  /** ms since the epoch. */
  readonly since?: number;
  readonly limit?: number;
  readonly output: EventFormat;
}

export interface ShowOptions extends PrintExplanationOptions {
  readonly stateDir: string;
}

/** What somebody calls an episode: an id, or part of one. */
export interface EpisodeName {
  readonly text: string;
  /** The boot's id, or how it begins. */
  readonly boot: string;
  readonly sequence: number;
}

type Pages = AsyncIterable<readonly StoredEpisode[]>;

/**
 * Prints what a node has recorded, a page when the one before is written: it shares the memory limit of the agent
 * that runs beside it. @throws HistoryError
 */
export async function history(options: HistoryOptions, edge: Edge): Promise<void> {
  const node = { name: nodeName(options.nodeName, edge) };
  using opened = openStateHistory(options.stateDir);
  const filter = { ...options, sinceMs: options.since };
  let found = 0;
  const pages = counted(
    readHistory(opened.ask, filter, options.limit, edge.flush),
    (more) => (found += more),
  );
  const described = describeAll(pages, node);
  const head = (): HistoryHead => ({ node: node.name, recordedSinceMs: oldestMs(opened.ask) });
  const written: Readonly<Record<EventFormat, () => AsyncIterable<string>>> = {
    table: () => historyTable(pages, false, edge.clock.wallMs()),
    wide: () => historyTable(pages, true, edge.clock.wallMs()),
    json: () => indentedHistoryJson(head(), described),
    yaml: () => historyYaml(head(), described),
    ndjson: () => jsonLines(described),
  };
  for await (const text of written[options.output]()) edge.print(text);
  if (found === 0) edge.printError('No OOM kills found.\n');
}

/** Explains one episode of the history. @throws HistoryError where there is none of that id, or several */
export function showEpisode(id: EpisodeName, options: ShowOptions, edge: Edge): void {
  using opened = openStateHistory(options.stateDir);
  const stored = find(opened, id, options.stateDir);
  const { episode, state } = stored;
  const isTableCut = episode.tasks.length >= MAX_TASKS_KEPT;
  const explanation = explain(episode, attributionOf(stored), { isDated: true, isTableCut });
  edge.print(explanationPrinter(options, edge)(explanation));
  if (state === 'pending')
    edge.printError('Whose it was is not decided yet: that waits for news of the pods.\n');
}

async function* counted(
  pages: Pages,
  onPage: (episodes: number) => void,
): AsyncGenerator<readonly StoredEpisode[]> {
  for await (const page of pages) {
    onPage(page.length);
    yield page;
  }
}

async function* describeAll(
  pages: Pages,
  node: { readonly name: string },
): AsyncGenerator<readonly object[]> {
  for await (const page of pages)
    yield page.map((stored) => describeEpisode(stored, { node, taskTables: false }));
}

async function* jsonLines(described: AsyncIterable<readonly object[]>): AsyncGenerator<string> {
  for await (const page of described)
    for (const episode of page) yield `${JSON.stringify(episode)}\n`;
}

function find(
  { ask }: OpenedHistory,
  { text, boot, sequence }: EpisodeName,
  where: string,
): StoredEpisode {
  const found = findEpisodes(ask, boot, sequence);
  const [episode, other] = found;
  if (episode === undefined) {
    throw new HistoryError(
      where,
      `there is no episode ${text}. oom-recorder history prints their ids`,
    );
  }
  if (other === undefined) return episode;
  const ids = found.map(episodeId).join(', ');
  throw new HistoryError(where, `several episodes are called ${text}: ${ids}. Give more of the id`);
}
