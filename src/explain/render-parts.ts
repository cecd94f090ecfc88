import { formatKb } from '../recorder/format-kb.ts';
import type { Explanation, ExplainedLimit, ExplainedPod, ProcessRow } from './explanation.ts';
import { bar, cutTo, type Paint } from './layout.ts';

/** A process's name has 15 bytes, which may be escaped. */
const NAME_COLUMNS = 16;
/** Before a process's bar: mark, pid, oom_score_adj, size. */
const PROCESS_COLUMNS = 29;
/** Before a share's bar: what, size, per cent. */
const SHARE_COLUMNS = 37;
const MIN_BAR = 10;

const LEVEL_WORDS = {
  container: 'of a container',
  pod: 'of a pod',
  qos: 'of a QoS class',
  'node-allocatable': 'of all pods (node allocatable)',
  system: 'none, a system-wide OOM',
  host: 'of a cgroup outside kubepods',
} as const;

/** When it happened: the date where the log tells one. */
export function whenWords({ id, monotonicUs, time }: Explanation): string {
  return `OOM kill ${id}, ${time ?? `${(monotonicUs / 1e6).toFixed(3)} s after boot`}`;
}

/** What is told of it in a line each. */
export function factLines({
  limit,
  pod,
  invoker,
}: Explanation): readonly (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  if (pod !== undefined) lines.push(['Pod', podWords(pod)]);
  lines.push(['Limit', limit === undefined ? 'not known' : limitWords(limit)]);
  if (limit?.cgroup !== undefined) lines.push(['Cgroup', limit.cgroup]);
  if (invoker !== undefined) {
    const pages = invoker.order > 0 ? `${2 ** invoker.order} pages in a row, ` : '';
    lines.push([
      'Invoker',
      `${invoker.comm || '""'} (${pages}oom_score_adj ${invoker.oomScoreAdj})`,
    ]);
  }
  return lines;
}

function podWords({ uid, namespace, name, container, containerId }: ExplainedPod): string {
  if (name === undefined) {
    return `unknown, UID ${uid}${containerId === undefined ? '' : `, container ${containerId}`}`;
  }
  return `${namespace}/${name}${container === undefined ? '' : `, container ${container}`}`;
}

/** Whose limit it was, how large, and how much of it was used. */
export function limitWords(limit: ExplainedLimit): string {
  const { level, isContainers, usageKb, limitKb, usedPercent } = limit;
  const known = isContainers === true ? 'container' : level;
  const words = known === undefined ? 'of the cgroup below' : LEVEL_WORDS[known];
  if (usageKb === undefined) return words;
  if (limitKb === undefined || usedPercent === undefined)
    return `${words}, ${formatKb(usageKb)} used`;
  return `${words}, ${formatKb(limitKb)}; ${usedPercent} % of it used (${usageKb} of ${limitKb} kB)`;
}

/** The task table as bars. */
export function processLines(
  { processes: { rows, others } }: Explanation,
  width: number,
  paint: Paint,
): readonly string[] {
  const space = Math.max(MIN_BAR, width - PROCESS_COLUMNS - NAME_COLUMNS - 1);
  const { title, sized } = sizeRows(rows);
  const lines = sized.map(({ pid, comm, killed, oomScoreAdj, size, share }) => {
    const mark = killed === undefined ? ' ' : '✗';
    const cells = processCells(mark, pid, oomScoreAdj, size);
    const drawn = bar(share, space);
    const name = `${' '.repeat(space - drawn.length)} ${cutTo(comm || '""', NAME_COLUMNS)}`;
    return killed === undefined
      ? `${cells}${paint('bar', drawn)}${name}`
      : paint('dead', `${cells}${drawn}${name}`);
  });
  const titles = `${processCells(' ', 'pid', 'adj', title)}${' '.repeat(space)} name`;
  const left = othersWords(others);
  const more = left === undefined ? [] : [paint('note', `    ${left}`)];
  return [paint('note', titles), ...lines, ...more];
}

/** A process, and how large it is: in words, and as a share of the largest. */
type SizedRow = ProcessRow & { readonly size: string; readonly share: number };

/** The processes, and what their sizes are. */
export function sizeRows(rows: readonly ProcessRow[]): {
  readonly title: string;
  readonly sized: readonly SizedRow[];
} {
  const isInPages = rows.some(
    ({ rssKb, rssPages }) => rssKb === undefined && rssPages !== undefined,
  );
  const rssOf = ({ rssKb, rssPages }: ProcessRow) => (isInPages ? rssPages : rssKb);
  const largest = Math.max(1, ...rows.map((row) => rssOf(row) ?? 0));
  const words = (rss: number): string => (isInPages ? String(rss) : formatKb(rss));
  const sized = rows.map((row) => {
    const rss = rssOf(row);
    return { ...row, size: rss === undefined ? '?' : words(rss), share: (rss ?? 0) / largest };
  });
  return { title: isInPages ? 'rss pages' : 'rss', sized };
}

type Cell = string | number | undefined;

function processCells(mark: string, pid: Cell, adj: Cell = '', size: Cell = ''): string {
  const [pidCell, adjCell, sizeCell] = [String(pid), String(adj), String(size)];
  return `  ${mark} ${pidCell.padStart(7)} ${adjCell.padStart(6)} ${sizeCell.padStart(9)} `;
}

/** Of the processes that are left out; `undefined` where none is. */
export function othersWords({
  count,
  killed,
  rssKb,
}: Explanation['processes']['others']): string | undefined {
  if (count === 0) return undefined;
  const dead = killed === 0 ? '' : `, ${killed} of them killed`;
  const size = rssKb === undefined ? '' : `, ${formatKb(rssKb)} together`;
  return `and ${count} more${dead}${size}`;
}

/** Where the memory went, as bars. */
export function memoryLines(
  { memory, swap }: Explanation,
  width: number,
  paint: Paint,
): readonly string[] {
  const space = Math.max(MIN_BAR, width - SHARE_COLUMNS);
  const shares = (memory?.shares ?? []).map(({ what, kb, percent }) => {
    const cells = `  ${what.padEnd(18)} ${formatKb(kb).padStart(8)} ${String(percent).padStart(4)} % `;
    return `${cells}${paint('bar', bar(kb / (memory?.wholeKb ?? 1), space))}`.trimEnd();
  });
  const used = swapWords(swap);
  if (used === undefined) return shares;
  const [size, limit] = used;
  return [...shares, `  ${SWAP.padEnd(18)} ${size.padStart(8)}${limit}`];
}

/** Swap is no share of the memory. */
export const SWAP = 'swap, besides';

/** How much of it was in use, and of how much; `undefined` where there was none. */
export function swapWords(
  swap: Explanation['swap'],
): readonly [size: string, limit: string] | undefined {
  if (swap === undefined || (swap.usageKb === 0 && !swap.limitKb)) return undefined;
  const limit = swap.limitKb === undefined ? '' : ` of ${formatKb(swap.limitKb)}`;
  return [formatKb(swap.usageKb), limit];
}
