import type { Edge } from '../edge.ts';
import { coloured, plain } from '../explain/layout.ts';
import { renderText } from '../explain/render-text.ts';
import { humanDuration } from '../human-duration.ts';
import { explainKill } from './explain-kill.ts';
import { type FoundKills, placeWords } from './find-kills.ts';
import { KillPrinter, type PrinterOptions } from './kill-printer.ts';
import type { Wanted } from './select-kills.ts';
import { sortKills, type SortKey } from './sort-kills.ts';

/** How kills are shown. */
export interface ShowOptions extends Omit<PrinterOptions, 'withNamespace'> {
  readonly sortBy: SortKey;
  readonly wanted: Wanted;
}

type ShownKills = Pick<FoundKills, 'kills' | 'saidBy' | 'explanationOf'>;

/** Shows kills in the form that was asked for, one call after another; says so where there are none. */
export function killLister(
  { wanted, sortBy, ...options }: ShowOptions,
  { clock, print, printError }: Pick<Edge, 'clock' | 'print' | 'printError'>,
): (found: ShownKills) => void {
  const printer = new KillPrinter({ ...options, withNamespace: wanted.namespace === undefined });
  return ({ kills, saidBy }) => {
    const nowMs = clock.wallMs();
    print(printer.render(sortKills(kills, sortBy), nowMs));
    if (kills.length === 0) printError(noneLine(wanted, nowMs, saidBy));
  };
}

/** Explains the last of the kills; says so where there is none. */
export function explainLast(
  { kills, saidBy, explanationOf }: ShownKills,
  wanted: Wanted,
  { clock, columns, env, print, printError }: Edge,
): void {
  const nowMs = clock.wallMs();
  const last = sortKills(kills, 'last').at(-1);
  if (last === undefined) return printError(noneLine(wanted, nowMs, saidBy));
  const paint = columns !== undefined && !env['NO_COLOR'] ? coloured : plain;
  const explanation = explanationOf?.(last);
  print(
    explanation === undefined
      ? explainKill(last, nowMs, { width: columns, paint })
      : renderText(explanation, columns, paint),
  );
}

/** That nothing was found, where and since when; no word about those who did not answer. */
function noneLine(wanted: Wanted, nowMs: number, saidBy: string | undefined): string {
  const { pod, node, notBeforeMs } = wanted;
  const parts = [
    'No OOM kills found',
    ...(pod === undefined ? [] : [`of Pod ${pod}`]),
    placeWords(wanted),
    ...(node === undefined ? [] : [`on node ${node}`]),
    ...(notBeforeMs === undefined ? [] : [`in the last ${humanDuration(nowMs - notBeforeMs)}`]),
    ...(saidBy === undefined ? [] : [saidBy]),
  ];
  return `${parts.join(' ')}.\n`;
}
