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
  const prose = Math.min(width, PROSE_WIDTH);
  const { summary, memory, advice, unsaid } = explanation;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', paint('heading', title), ...lines];
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
    ...section('Processes', processLines(explanation, width, paint)),
    ...section(memoryTitle, memoryLines(explanation, width, paint)),
    ...section(
      'What to do',
      advice.map(({ text, rule }, at) => `${at + 1}. ${wrap(`${text} [${rule}]`, prose, '   ')}`),
    ),
    ...section(
      'What the log does not say',
      unsaid.map((text) => paint('note', `- ${wrap(text, prose, '  ')}`)),
    ),
    '',
  ].join('\n');
}
