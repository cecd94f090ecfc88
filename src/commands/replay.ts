import type { Edge } from '../edge.ts';
import { attribute } from '../pods/attribute.ts';
import { OwnLevels } from '../pods/own-levels.ts';
import { episodeLine } from '../recorder/episode-line.ts';
import { EventPrinter, type EventFormat } from '../outputs/event-printer.ts';
import { recordEpisode, type RecordedEpisode } from '../recorder/recorded-episode.ts';
import { newTally } from '../tally.ts';
import { eachEpisode, summaryLine } from '../wiring/each-episode.ts';
import { nodeName } from '../wiring/node-name.ts';
import { listedPods } from '../wiring/open-pods.ts';

export interface ReplayOptions {
  readonly nodeName?: string;
  readonly pods?: string;
  /** ms since the epoch. */
  readonly bootTime?: number;
  readonly output: EventFormat;
  readonly trustUserspaceRecords?: boolean;
}

/** A saved log does not name its boot: what is replayed is identified within the log alone. */
const UNKNOWN_BOOT = '00000000-0000-0000-0000-000000000000';

/**
 * Reads saved logs as the agent reads the kernel's, one after the other, and prints what it would
 * have posted; with `-o ndjson` a line for each episode. The last line, on stderr, sums up.
 */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  edge: Edge,
): Promise<void> {
  const tally = newTally();
  const pods = listedPods(options.pods);
  const origin = { node: { name: nodeName(options.nodeName, edge) }, bootId: UNKNOWN_BOOT };
  const print = printTo(options.output, edge);
  const ownLevels = new OwnLevels();
  await eachEpisode(files, { ...options, node: origin.node }, tally, edge, async (episode) => {
    ownLevels.see(episode, pods);
    await print(recordEpisode(episode, attribute(episode, pods, ownLevels), origin));
  });
  edge.printError(summaryLine(tally));
}

function printTo(format: EventFormat, edge: Edge): (recorded: RecordedEpisode) => Promise<void> {
  if (format === 'ndjson') {
    return (recorded) => Promise.resolve(edge.print(episodeLine(recorded)));
  }
  const printer = new EventPrinter(format, edge.print, () => edge.clock.wallMs());
  return async ({ events }) => events.forEach((event) => printer.print(event));
}
