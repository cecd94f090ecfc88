import type { Edge } from '../edge.ts';
import { explain } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { coloured, plain } from '../explain/layout.ts';
import { renderMarkdown } from '../explain/render-markdown.ts';
import { renderText } from '../explain/render-text.ts';
import { eachEpisode, type EachEpisodeOptions } from '../wiring/each-episode.ts';

/** How an explanation is printed. */
export const EXPLANATION_FORMATS = ['text', 'markdown', 'json'] as const;
export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;

export interface PrintExplanationOptions {
  readonly output: (typeof EXPLANATION_FORMATS)[number];
  readonly color: (typeof COLOR_CHOICES)[number];
}

export type ExplainLogsOptions = PrintExplanationOptions & EachEpisodeOptions;

/** Reads saved logs and says of each episode what happened and what to do. */
export async function explainLogs(
  files: readonly string[],
  options: ExplainLogsOptions,
  edge: Edge,
): Promise<void> {
  const render = explanationPrinter(options, edge);
  let printed = 0;
  await eachEpisode(files, options, edge, (episode, attribution, isSinceBoot) => {
    const explanation = explain(episode, attribution, { isDated: !isSinceBoot });
    const between = printed > 0 && options.output !== 'json' ? '\n' : '';
    printed += 1;
    edge.print(between + render(explanation));
  });
}

/** How an explanation is printed, here and with these options. */
export function explanationPrinter(
  { output, color }: PrintExplanationOptions,
  { columns, env }: Edge,
): (explanation: Explanation) => string {
  if (output === 'markdown') return renderMarkdown;
  if (output === 'json') return (explanation) => `${JSON.stringify(explanation, undefined, 2)}\n`;
  const isWanted = columns !== undefined && !env['NO_COLOR'];
  const isColoured = color === 'auto' ? isWanted : color === 'always';
  return (explanation) => renderText(explanation, columns, isColoured ? coloured : plain);
}
