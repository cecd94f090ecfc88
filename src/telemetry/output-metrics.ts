import type { EpisodeClient } from '../outputs/episode-output.ts';
import type { LabelCounts } from './label-counts.ts';
import { counter, gauge, type Metric } from './metrics.ts';

/** An output of episodes, as the metrics show it. */
export interface ShownOutput {
  readonly client: Pick<EpisodeClient, 'name' | 'destination' | 'items'>;
  /** By outcome. */
  readonly counts: LabelCounts<string>;
  readonly waiting: () => number;
}

/** The metrics of each: what came of what went there, and how much waits. */
export function outputMetrics(outputs: readonly ShownOutput[]): Readonly<Record<string, Metric>> {
  const metrics = outputs.flatMap(({ client: { name, destination, items }, counts, waiting }) =>
    Object.entries({
      [`oom_recorder_${name}_${items}_total`]: counter(
        `What came of ${items} on their way to ${destination}; a retried one counts again each time.`,
        () => counts.by('outcome'),
        ['outcome'],
      ),
      [`oom_recorder_${name}_pending_${items}`]: gauge(
        `How many ${items} wait for ${destination}.`,
        waiting,
      ),
    }),
  );
  return Object.fromEntries(metrics);
}
