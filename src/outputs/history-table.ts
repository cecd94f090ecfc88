import { eventText, isLimitOf } from '../recorder/event-message.ts';
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
  const narrow = cellsOf(known, nowMs);
  return isWide
    ? [...narrow, episodeId(known), ...moreCellsOf(known)]
    : [...narrow, shortId(known)];
}

function cellsOf(known: KnownEpisode, nowMs: number): readonly string[] {
  const { episode, state } = known;
  const { subjects, limitLevel, isOneOfSeveral } = attributionOf(known);
  const { limitKb, victim, members, atMs } = episode;
  const { pod, container } = subjects.find((subject) => subject.kind === 'pod') ?? {};
  const absent = state === 'pending' ? PENDING : NONE;
  const size = limitKb === undefined ? '' : ` ${formatKb(limitKb)}`;
  const level = limitLevel === 'pod' && isLimitOf(container, limitKb) ? 'container' : limitLevel;
  return [
    pod?.namespace ?? absent,
    pod?.name ?? absent,
    container?.name ?? absent,
    level === undefined ? (state === 'pending' ? PENDING : UNKNOWN) : `${level}${size}`,
    isOneOfSeveral === true ? UNKNOWN : `${victim.comm} (${victim.pid})`,
    String(1 + members.length),
    humanDuration(nowMs - atMs),
  ];
}

function moreCellsOf(known: KnownEpisode): readonly string[] {
  const { episode } = known;
  const attribution = attributionOf(known);
  const subject = attribution.subjects.find(({ kind }) => kind === 'pod') ?? { kind: 'node' };
  const { message } = eventText(episode, attribution, subject);
  return [new Date(episode.atMs).toISOString(), message];
}

function shortId({ bootId, episode }: KnownEpisode): string {
  return `${bootId.slice(0, SHORT_BOOT_ID)}-${episode.sequence}`;
}
