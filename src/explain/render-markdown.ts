import { formatKb } from '../recorder/format-kb.ts';
import type { Explanation } from './explanation.ts';
import { quoted } from './facts.ts';
import { plain } from './layout.ts';
import { factLines, memoryLines, processLines, whenWords } from './render-parts.ts';

/** What a code block of a ticket shows without scrolling. */
const BLOCK_WIDTH = 90;

/**
 * An explanation for a ticket. Whatever somebody chose stands in code, where no name is a link, a
 * mention or markup. Ends with a newline.
 */
export function renderMarkdown(explanation: Explanation): string {
  const { summary, memory, advice, unsaid } = explanation;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', `**${title}**`, '', ...lines];
  const block = (lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['```text', ...lines, '```'];
  const memoryTitle = memory === undefined ? 'Memory' : `Where ${formatKb(memory.wholeKb)} went`;
  return [
    `### ${whenWords(explanation)}`,
    '',
    quoted(summary),
    '',
    ...factLines(explanation).map(([label, value]) => `- ${label}: ${quoted(value)}`),
    ...section('Processes', block(processLines(explanation, BLOCK_WIDTH, plain))),
    ...section(memoryTitle, block(memoryLines(explanation, BLOCK_WIDTH, plain))),
    ...section(
      'What to do',
      advice.map(({ text, rule }, at) => `${at + 1}. ${text} (${rule})`),
    ),
    ...section(
      'What the log does not say',
      unsaid.map((text) => `- ${text}`),
    ),
    '',
  ].join('\n');
}
