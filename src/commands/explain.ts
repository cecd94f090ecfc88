import type { Edge } from '../edge.ts';
import { explain } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { coloured, plain } from '../explain/layout.ts';
import { renderMarkdown } from '../explain/render-markdown.ts';
import { renderText } from '../explain/render-text.ts';
import { attribute } from '../pods/attribute.ts';
import { OwnLevels } from '../pods/own-levels.ts';
import { eachEpisode, type EachEpisodeOptions } from '../wiring/each-episode.ts';
import { listedPods } from '../wiring/open-pods.ts';

/** How an explanation is printed. */
export const EXPLANATION_FORMATS = ['text', 'markdown', 'json'] as const;
export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;

export interface PrintExplanationOptions {
  readonly output: (typeof EXPLANATION_FORMATS)[number];
  readonly color: (typeof COLOR_CHOICES)[number];
}

export interface ExplainLogsOptions extends PrintExplanationOptions, EachEpisodeOptions {
  readonly pods?: string;
}

/** The Node plays no part in an explanation; what is read is read as the agent reads it. */
const SOME_NODE = { name: 'node' };

/** Reads saved logs and says of each episode what happened and what to do. */
export async function explainLogs(
  files: readonly string[],
  options: ExplainLogsOptions,
  edge: Edge,
): Promise<void> {
  const pods = listedPods(options.pods);
  const ownLevels = new OwnLevels();
  const render = explanationPrinter(options, edge);
  let printed = 0;
  await eachEpisode(files, { ...options, node: SOME_NODE }, edge, (episode, isSinceBoot) => {
    ownLevels.see(episode, pods);
    const attribution = attribute(episode, pods, ownLevels);
    const explanation = explain(episode, attribution, { isDated: !isSinceBoot });
    const between = printed > 0 && options.output !== 'json' ? '\n' : '';
    printed += 1;
    edge.print(between + render(explanation));
    return Promise.resolve();
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
