import type { Attribution } from '../pods/attribute.ts';
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
  const { episode, state, bootId } = known;
  const { victim, members, atMs } = episode;
  const attribution = attributionOf(known);
  const subject = attribution.subjects.find((one) => one.kind === 'pod');
  const absent = state === 'pending' ? PENDING : NONE;
  const narrow = [
    subject?.pod.namespace ?? absent,
    subject?.pod.name ?? absent,
    subject?.container?.name ?? absent,
    limitCell(known, attribution),
    attribution.isOneOfSeveral === true ? UNKNOWN : `${victim.comm} (${victim.pid})`,
    String(1 + members.length),
    humanDuration(nowMs - atMs),
  ];
  if (!isWide) return [...narrow, episodeId({ ...known, bootId: bootId.slice(0, SHORT_BOOT_ID) })];
  const { message } = eventText(episode, attribution, subject ?? { kind: 'node' });
  return [...narrow, episodeId(known), new Date(atMs).toISOString(), message];
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
