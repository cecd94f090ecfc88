import type { CoreV1Event } from '@kubernetes/client-node';
import { dump } from 'js-yaml';
import type { EventSink, Posted } from './event-output.ts';
import type { OutboxRow } from '../store/outbox-table.ts';
import type { Failure } from './output-client.ts';
import { humanDuration } from '../human-duration.ts';
import { tableLine } from '../table-line.ts';
import { SINCE_BOOT } from '../recorder/printed-episode.ts';

/** How Events are printed. */
export const EVENT_FORMATS = ['table', 'wide', 'json', 'yaml', 'ndjson'] as const;
export type EventFormat = (typeof EVENT_FORMATS)[number];

/** Prints Events instead of posting them: what `run` does without a cluster, and `replay`. */
export class EventPrinter implements EventSink {
  readonly #format: EventFormat;
  readonly #write: (text: string) => void;
  readonly #nowMs: () => number;
  #printed = 0;

  constructor(format: EventFormat, write: (text: string) => void, nowMs: () => number) {
    this.#format = format;
    this.#write = write;
    this.#nowMs = nowMs;
  }

  /** A patch comes with the whole Event as it is now. */
  async deliver({ verb, event }: OutboxRow): Promise<Posted> {
    this.print(event);
    return verb === 'create' ? 'created' : 'patched';
  }

  /** What cannot be printed now may be later. */
  classify(): Failure {
    return { means: 'busy' };
  }

  print(event: CoreV1Event): void {
    const isFirst = this.#printed === 0;
    this.#printed += 1;
    this.#write(this.#render(event, isFirst));
  }

  #render(event: CoreV1Event, isFirst: boolean): string {
    switch (this.#format) {
      case 'table':
      case 'wide': {
        const columns = TABLES[this.#format];
        const row = formatRow(columns, ({ cell }) => cell(event, this.#nowMs()));
        return isFirst ? formatRow(columns, ({ title }) => title) + row : row;
      }
      case 'json':
        return `${JSON.stringify(event, undefined, 2)}\n`;
      case 'yaml':
        return `---\n${toYaml(event)}`;
      case 'ndjson':
        return `${JSON.stringify(event)}\n`;
    }
  }
}

/** Its metadata in kubectl's order: who it is comes behind the annotations. */
function toYaml(event: CoreV1Event): string {
  const { annotations, ...metadata } = event.metadata;
  const ordered = { ...event, metadata: { annotations, ...metadata } };
  return dump(JSON.parse(JSON.stringify(ordered)));
}

interface Column {
  readonly title: string;
  /** A stream cannot know its longest cell: wide enough for most, and a longer one pushes its row. */
  readonly width: number;
  readonly cell: (event: CoreV1Event, nowMs: number) => string;
}

/** As `kubectl get events -A` and `-o wide` order them. */
const NARROW: readonly Column[] = [
  { title: 'NAMESPACE', width: 12, cell: ({ metadata }) => metadata.namespace ?? '' },
  { title: 'LAST SEEN', width: 9, cell: (event, nowMs) => seen(event, event.lastTimestamp, nowMs) },
  { title: 'TYPE', width: 7, cell: ({ type }) => type ?? '' },
  { title: 'REASON', width: 10, cell: ({ reason }) => reason ?? '' },
  { title: 'OBJECT', width: 28, cell: ({ involvedObject }) => objectWords(involvedObject) },
];
const MESSAGE: Column = { title: 'MESSAGE', width: 0, cell: ({ message }) => message ?? '' };
const WIDER: readonly Column[] = [
  { title: 'SUBOBJECT', width: 20, cell: ({ involvedObject }) => involvedObject.fieldPath ?? '' },
  { title: 'SOURCE', width: 24, cell: ({ source }) => `${source?.component}, ${source?.host}` },
  MESSAGE,
  {
    title: 'FIRST SEEN',
    width: 10,
    cell: (event, nowMs) => seen(event, event.firstTimestamp, nowMs),
  },
  { title: 'COUNT', width: 5, cell: ({ count }) => String(count ?? 1) },
  { title: 'NAME', width: 0, cell: ({ metadata }) => metadata.name ?? '' },
];
const TABLES = { table: [...NARROW, MESSAGE], wide: [...NARROW, ...WIDER] } as const;

function formatRow(columns: readonly Column[], cell: (column: Column) => string): string {
  return tableLine(
    columns.map(cell),
    columns.map(({ width }) => width),
  );
}

function objectWords({ kind, name }: CoreV1Event['involvedObject']): string {
  return `${kind?.toLowerCase()}/${name}`;
}

/** How long ago; of an Event without dates when it was since boot, as the kernel prints it. */
function seen({ metadata }: CoreV1Event, at: Date | undefined, nowMs: number): string {
  const sinceBoot = metadata.annotations?.[SINCE_BOOT];
  return sinceBoot === undefined
    ? humanDuration(nowMs - (at?.getTime() ?? nowMs))
    : `[${sinceBoot}]`;
}
