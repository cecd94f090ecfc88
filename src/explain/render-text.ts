import { formatKb } from '../recorder/format-kb.ts';
import type { Explanation } from './explanation.ts';
import { type Paint, plain, wrap } from './layout.ts';
import { factLines, memoryLines, processLines, whenWords } from './render-parts.ts';

/** Where there is no terminal to ask. */
const PLAIN_WIDTH = 80;
/** Longer lines of prose are hard to read, however wide the terminal is. */
const PROSE_WIDTH = 110;

/** An explanation for a person at a terminal, or for a pipe. Ends with a newline. */
export function renderText(
  explanation: Explanation,
  width: number = PLAIN_WIDTH,
  paint: Paint = plain,
): string {
  const prose = proseWidth(width);
  const { summary, memory } = explanation;
  const facts = factLines(explanation).map(([label, value]) => {
    const text = wrap(value, prose, ' '.repeat(12));
    return `  ${label.padEnd(9)} ${text}`;
  });
  const memoryTitle = memory === undefined ? 'Memory' : `Where ${formatKb(memory.wholeKb)} went`;
  return [
    paint('title', whenWords(explanation)),
    wrap(summary, prose),
    '',
    ...facts,
    ...section('Processes', processLines(explanation, width, paint), paint),
    ...section(memoryTitle, memoryLines(explanation, width, paint), paint),
    ...closingLines(explanation, 'log', prose, paint),
  ].join('\n');
}

export function proseWidth(width: number = PLAIN_WIDTH): number {
  return Math.min(width, PROSE_WIDTH);
}

/** How every explanation ends: with what to do, and what its source does not say. */
export function closingLines(
  { advice, unsaid }: Pick<Explanation, 'advice' | 'unsaid'>,
  source: 'log' | 'Event',
  width: number,
  paint: Paint,
): readonly string[] {
  const todo = advice.map(
    ({ text, rule }, at) => `${at + 1}. ${wrap(`${text} [${rule}]`, width, '   ')}`,
  );
  const silence = unsaid.map((text) => paint('note', `- ${wrap(text, width, '  ')}`));
  const silent = `What the ${source} does not say`;
  return [...section('What to do', todo, paint), ...section(silent, silence, paint), ''];
}

function section(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : ['', paint('heading', title), ...lines];
}
