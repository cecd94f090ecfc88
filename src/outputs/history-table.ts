import type { Attribution } from '../pods/attribute.ts';
import { episodeFacts } from '../recorder/episode-facts.ts';
import { isLimitOf } from '../recorder/event-message.ts';
import { formatKb } from '../recorder/format-kb.ts';
import { safeText } from '../safe-text.ts';
import { tableLine, widthsOf } from '../table-line.ts';
import { attributionOf, episodeId, type KnownEpisode } from './describe-episode.ts';
import { humanDuration } from '../human-duration.ts';

/** kubectl's words for a cell that has nothing to say. */
const NONE = '<none>';
const PENDING = '<pending>';
const UNKNOWN = '<unknown>';
/** As much of a boot's id as tells it from others that a history of 30 days has. */
const SHORT_BOOT_ID = 8;

const NARROW = ['NAMESPACE', 'POD', 'CONTAINER', 'LIMIT', 'VICTIM', 'KILLED', 'AGE', 'ID'] as const;
const WIDE = [...NARROW, 'TIME', 'MESSAGE'] as const;

/**
 * A table of episodes, as kubectl prints objects: as wide as what is in it, one line each, cells escaped; nothing where
 * there are none. The last one comes first: a history is read the newest first, and ends with it on a terminal.
 */
export async function* historyTable(
  pages: AsyncIterable<readonly KnownEpisode[]>,
  isWide: boolean,
  nowMs: number,
): AsyncGenerator<string> {
  const rows: (readonly string[])[] = [];
  for await (const page of pages)
    rows.push(...page.map((known) => rowOf(known, isWide, nowMs).map(safeText)));
  if (rows.length === 0) return;
  const titles = isWide ? WIDE : NARROW;
  const widths = widthsOf([titles, ...rows]);
  for (const cells of [titles, ...rows.toReversed()]) yield tableLine(cells, widths);
}

function rowOf(known: KnownEpisode, isWide: boolean, nowMs: number): readonly string[] {
  const attribution = attributionOf(known);
  const facts = episodeFacts({ episode: known.episode, attribution });
  const absent = known.state === 'pending' ? PENDING : NONE;
  const narrow = [
    facts.namespace ?? absent,
    facts.pod ?? absent,
    facts.container ?? absent,
    limitCell(known, attribution),
    attribution.isOneOfSeveral === true ? UNKNOWN : `${facts.comm} (${facts.pid})`,
    String(facts.killed),
    humanDuration(nowMs - facts.atMs),
  ];
  return isWide
    ? [...narrow, episodeId(known), new Date(facts.atMs).toISOString(), facts.message]
    : [...narrow, episodeId({ ...known, bootId: known.bootId.slice(0, SHORT_BOOT_ID) })];
}

function limitCell(
  { episode: { limitKb }, state }: KnownEpisode,
  { subjects, limitLevel }: Attribution,
): string {
  const { container } = subjects.find((subject) => subject.kind === 'pod') ?? {};
  const level = limitLevel === 'pod' && isLimitOf(container, limitKb) ? 'container' : limitLevel;
  if (level === undefined) return state === 'pending' ? PENDING : UNKNOWN;
  return limitKb === undefined ? level : `${level} ${formatKb(limitKb)}`;
}
