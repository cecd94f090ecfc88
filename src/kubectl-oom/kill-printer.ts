import { dump } from 'js-yaml';
import { safeText } from '../safe-text.ts';
import type { FoundKills } from './find-kills.ts';
import { KillTable, type TableOptions } from './kill-table.ts';
import type { OomKill } from './oom-kill.ts';

export const KILL_FORMATS = ['wide', 'json', 'yaml', 'name'] as const;
export type KillFormat = (typeof KILL_FORMATS)[number] | 'table';

/** Raised when a field goes or means something else; fields may come without that. */
const API_VERSION = 'oom-recorder.dev/v1';

export interface PrinterOptions extends Pick<TableOptions, 'withNamespace'> {
  readonly format: KillFormat;
  /** What more is to come: each kill is a document of its own then. */
  readonly isWatch: boolean;
  readonly source: FoundKills['source'];
}

/** Prints the list, and whatever comes behind it. */
export class KillPrinter {
  readonly #options: PrinterOptions;
  readonly #table: KillTable;
  readonly #named = new Set<string>();

  constructor(options: PrinterOptions) {
    this.#options = options;
    this.#table = new KillTable({ ...options, isWide: options.format === 'wide' });
  }

  /** The text of some kills; none where there is nothing to print. */
  render(kills: readonly OomKill[], nowMs: number): string {
    switch (this.#options.format) {
      case 'table':
      case 'wide':
        return kills.length === 0 ? '' : this.#table.render(kills, nowMs);
      case 'name':
        return this.#names(kills);
      case 'json':
        return this.#documents(kills)
          .map((document) => `${JSON.stringify(document, undefined, 2)}\n`)
          .join('');
      case 'yaml':
        return this.#documents(kills)
          .map(
            (document, at) => `${this.#options.isWatch || at > 0 ? '---\n' : ''}${dump(document)}`,
          )
          .join('');
    }
  }

  #documents(kills: readonly OomKill[]): readonly object[] {
    const { isWatch, source } = this.#options;
    const items = kills.map(itemOf);
    if (isWatch)
      return items.map((item) => ({ apiVersion: API_VERSION, kind: 'OomKill', ...item }));
    return [{ apiVersion: API_VERSION, kind: 'OomKillList', source, items }];
  }

  /** Each object once, as `kubectl describe` takes it. */
  #names(kills: readonly OomKill[]): string {
    const lines = kills.flatMap((kill) => {
      const { namespace = '', pod, node } = kill;
      const name = pod === undefined ? `node/${node ?? ''}` : `pod/${pod}`;
      const key = `${namespace}/${name}`;
      if (this.#named.has(key)) return [];
      this.#named.add(key);
      return [`${safeText(name)}\n`];
    });
    return lines.join('');
  }
}

/** The contract of `-o json`, docs/kubectl-oom.md. */
function itemOf({ id: _id, isCombined, firstMs, lastMs, ...facts }: OomKill): object {
  return {
    ...facts,
    ...(isCombined && { isCombined }),
    ...(firstMs !== undefined && { firstTime: new Date(firstMs).toISOString() }),
    ...(lastMs !== undefined && { lastTime: new Date(lastMs).toISOString() }),
  };
}
