import { createReadStream } from 'node:fs';
import { uptime } from 'node:os';
import type { Edge } from '../edge.ts';
import type { KmsgDevice } from '../kmsg/drain-log.ts';
import type { ReadGate } from '../kmsg/read-gate.ts';
import { savedRecords$ } from '../kmsg/saved-log.ts';
import { clockSinceBoot } from '../kmsg/tell-time.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { OomWatcher } from '../oom-watcher.ts';
import { attribute } from '../pods/attribute.ts';
import { OwnLevels } from '../pods/own-levels.ts';
import { episodeLine } from '../recorder/episode-line.ts';
import { PrintSink, type EventFormat } from '../recorder/print-sink.ts';
import { recordEpisode, type RecordedEpisode } from '../recorder/recorded-episode.ts';
import { newTally, type Tally } from '../tally.ts';
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
  const bootMs = options.bootTime ?? edge.clock.wallMs() - uptime() * 1000;
  const pods = listedPods(options.pods);
  const origin = { node: { name: nodeName(options.nodeName, edge) }, bootId: UNKNOWN_BOOT };
  const print = printTo(options.output, edge);
  const ownLevels = new OwnLevels();
  let last: OomEpisode | undefined;
  const printLast = async (): Promise<void> => {
    if (last === undefined) return;
    ownLevels.see(last, pods);
    await print(recordEpisode(last, attribute(last, pods, ownLevels), origin));
  };
  const surroundings = {
    recordClock: clockSinceBoot(bootMs),
    consumer: () => ({
      // Printed when the next one comes: lines of it that come late make it another.
      record: async (episode: OomEpisode) => {
        if (last?.sequence !== episode.sequence) await printLast();
        last = episode;
      },
    }),
    tally,
    trustUserspace: options.trustUserspaceRecords ?? false,
  };
  for (const file of files) {
    const watcher = new OomWatcher({ ...surroundings, openLog: (gate) => open(file, gate, edge) });
    const watching = watcher.start(origin.node);
    const stop = (): void => watching.stop();
    edge.signal.addEventListener('abort', stop, { once: true });
    await watching.done;
    await printLast();
    last = undefined;
    edge.signal.removeEventListener('abort', stop);
  }
  edge.printError(`${summary(tally)}\n`);
}

function open(file: string, gate: ReadGate, { stdin, clock }: Edge): KmsgDevice {
  const readable = file === '-' ? stdin : createReadStream(file);
  const [drainNow, nudge] = [() => undefined, () => undefined];
  return { reads$: savedRecords$(readable, gate, clock), drainNow, nudge };
}

function printTo(format: EventFormat, edge: Edge): (recorded: RecordedEpisode) => Promise<void> {
  if (format === 'ndjson') {
    return (recorded) => Promise.resolve(edge.print(episodeLine(recorded)));
  }
  const sink = new PrintSink(format, edge.print, () => edge.clock.wallMs());
  return async ({ events }) => {
    for (const event of events) await sink.create(event);
  };
}

/** `key=value`, for people and for scripts. */
function summary(tally: Tally): string {
  const { records, lost, malformed, forged, suppressed, episodes, killed } = tally;
  return `records=${records} lost=${lost} malformed=${malformed} forged=${forged} suppressed=${suppressed} episodes=${episodes} killed=${killed}`;
}
