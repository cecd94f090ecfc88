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
export function limitWords({ level, usageKb, limitKb, usedPercent }: ExplainedLimit): string {
  const words = LEVEL_WORDS[level];
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
  const isInPages = rows.some(
    ({ rssKb, rssPages }) => rssKb === undefined && rssPages !== undefined,
  );
  const sizeOf = ({ rssKb, rssPages }: ProcessRow): number | undefined =>
    isInPages ? rssPages : rssKb;
  const largest = Math.max(1, ...rows.map((row) => sizeOf(row) ?? 0));
  const lines = rows.map((row) => {
    const size = sizeOf(row);
    const words = size === undefined || isInPages ? (size ?? '?') : formatKb(size);
    const cells = processCells(
      row.killed === undefined ? ' ' : '✗',
      row.pid,
      row.oomScoreAdj,
      words,
    );
    const drawn = bar((size ?? 0) / largest, space);
    const name = `${' '.repeat(space - drawn.length)} ${cutTo(row.comm || '""', NAME_COLUMNS)}`;
    return row.killed === undefined
      ? `${cells}${paint('bar', drawn)}${name}`
      : paint('dead', `${cells}${drawn}${name}`);
  });
  const titles = processCells(' ', 'pid', 'adj', isInPages ? 'rss pages' : 'rss');
  return [
    paint('note', `${titles}${' '.repeat(space)} name`),
    ...lines,
    ...othersLine(others, paint),
  ];
}

type Cell = string | number | undefined;

function processCells(mark: string, pid: Cell, adj: Cell = '', size: Cell = ''): string {
  const [pidCell, adjCell, sizeCell] = [String(pid), String(adj), String(size)];
  return `  ${mark} ${pidCell.padStart(7)} ${adjCell.padStart(6)} ${sizeCell.padStart(9)} `;
}

function othersLine(
  { count, killed, rssKb }: Explanation['processes']['others'],
  paint: Paint,
): readonly string[] {
  if (count === 0) return [];
  const dead = killed === 0 ? '' : `, ${killed} of them killed`;
  const size = rssKb === undefined ? '' : `, ${formatKb(rssKb)} together`;
  return [paint('note', `    and ${count} more${dead}${size}`)];
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
  if (swap === undefined || (swap.usageKb === 0 && !swap.limitKb)) return shares;
  const limit = swap.limitKb === undefined ? '' : ` of ${formatKb(swap.limitKb)}`;
  return [
    ...shares,
    `  ${'swap, besides'.padEnd(18)} ${formatKb(swap.usageKb).padStart(8)}${limit}`,
  ];
}
