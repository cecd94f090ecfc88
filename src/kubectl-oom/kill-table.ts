import { humanDuration } from '../human-duration.ts';
import { formatKb } from '../recorder/format-kb.ts';
import { safeText } from '../safe-text.ts';
import { tableLine, widthsOf } from '../table-line.ts';
import type { OomKill } from './oom-kill.ts';

interface Column {
  readonly title: string;
  readonly cell: (kill: OomKill, nowMs: number) => string | undefined;
}

/** kubectl's words for what there is none of, and for what nobody knows. */
const NONE = '<none>';
const UNKNOWN = '<unknown>';

const NAMESPACE: Column = { title: 'NAMESPACE', cell: ({ namespace = NONE }) => namespace };
const NARROW: readonly Column[] = [
  { title: 'POD', cell: ({ pod = NONE }) => pod },
  { title: 'CONTAINER', cell: ({ pod, container }) => container ?? (pod ? UNKNOWN : NONE) },
  { title: 'PROCESS', cell: processWords },
  { title: 'LIMIT', cell: limitWords },
  { title: 'LAST', cell: ({ lastMs }, nowMs) => age(lastMs, nowMs) },
  { title: 'COUNT', cell: ({ count }) => String(count) },
  { title: 'NODE', cell: ({ node }) => node },
];
const WIDER: readonly Column[] = [
  { title: 'LEVEL', cell: ({ limitLevel }) => limitLevel },
  { title: 'RSS', cell: ({ process }) => size(process?.anonRssBytes) },
  { title: 'OWNER', cell: ({ owner = NONE }) => owner },
  { title: 'FIRST', cell: ({ firstMs }, nowMs) => age(firstMs, nowMs) },
  { title: 'MESSAGE', cell: ({ message }) => message },
];

export interface TableOptions {
  readonly isWide: boolean;
  readonly withNamespace: boolean;
}

/** As kubectl's tables: columns as wide as their longest cell, and as they were when more rows come. */
export class KillTable {
  readonly #columns: readonly Column[];
  #widths: readonly number[] | undefined;

  constructor({ isWide, withNamespace }: TableOptions) {
    this.#columns = [...(withNamespace ? [NAMESPACE] : []), ...NARROW, ...(isWide ? WIDER : [])];
  }

  /** The rows, below the titles the first time. */
  render(kills: readonly OomKill[], nowMs: number): string {
    const rows = kills.map((kill) =>
      this.#columns.map(({ cell }) => safeText(cell(kill, nowMs) ?? UNKNOWN)),
    );
    const lines =
      this.#widths === undefined ? [this.#columns.map(({ title }) => title), ...rows] : rows;
    const widths = (this.#widths ??= widthsOf(lines));
    return lines.map((cells) => tableLine(cells, widths)).join('');
  }
}

/** `java (4242) +3`: the victim, and how many were killed with it. */
export function processWords({ process, killedProcesses = 1, isCombined }: OomKill): string {
  if (isCombined) return '<combined>';
  if (process === undefined) return UNKNOWN;
  const others = killedProcesses > 1 ? ` +${killedProcesses - 1}` : '';
  return `${process.name || '""'} (${process.pid})${others}`;
}

/** A system-wide OOM has none but the node's memory. */
function limitWords({ limitBytes, limitLevel }: OomKill): string | undefined {
  return limitLevel === 'system' ? 'system' : size(limitBytes);
}

function size(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : formatKb(Math.round(bytes / 1024));
}

function age(atMs: number | undefined, nowMs: number): string | undefined {
  return atMs === undefined ? undefined : humanDuration(nowMs - atMs);
}
