import type { Edge } from '../edge.ts';
import { EventPrinter, type EventFormat } from '../outputs/event-printer.ts';
import { recordEpisode } from '../recorder/recorded-episode.ts';
import { episodeFields, type PrintedEpisode, withoutDates } from '../recorder/printed-episode.ts';
import { eachEpisode, type EachEpisodeOptions } from '../wiring/each-episode.ts';
import { nodeName } from '../wiring/node-name.ts';

export interface ReplayOptions extends EachEpisodeOptions {
  readonly nodeName?: string;
  readonly output: EventFormat;
}

/** A saved log does not name its boot: what is replayed is identified within the log alone. */
const UNKNOWN_BOOT = '00000000-0000-0000-0000-000000000000';

/** Prints what the agent would have posted of saved logs; with `-o ndjson` a line for each episode. */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  edge: Edge,
): Promise<void> {
  const origin = { node: { name: nodeName(options.nodeName, edge) }, bootId: UNKNOWN_BOOT };
  const print = printTo(options.output, edge);
  await eachEpisode(files, options, edge, async (episode, attribution, isSinceBoot) => {
    const recorded = recordEpisode(episode, attribution, origin);
    await print(isSinceBoot ? withoutDates(recorded) : recorded);
  });
}

function printTo(format: EventFormat, edge: Edge): (printed: PrintedEpisode) => Promise<void> {
  if (format === 'ndjson') {
    return (printed) => Promise.resolve(edge.print(`${JSON.stringify(episodeFields(printed))}\n`));
  }
  const printer = new EventPrinter(format, edge.print, () => edge.clock.wallMs());
  return async ({ events }) => events.forEach((event) => printer.print(event));
}
