import type { Edge } from '../edge.ts';
import { explainError } from '../errors.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { OomWatcher } from '../oom-watcher.ts';
import { attribute } from '../pods/attribute.ts';
import { OwnLevels } from '../pods/own-levels.ts';
import type { PodDirectory } from '../pods/pod-directory.ts';
import type { EventOrigin } from '../recorder/build-event.ts';
import { episodeLine } from '../recorder/episode-line.ts';
import { PrintSink, type EventFormat } from '../recorder/print-sink.ts';
import { recordEpisode } from '../recorder/recorded-episode.ts';
import { type PrintedEpisode, withoutDates } from '../recorder/without-dates.ts';
import type { BootLog } from '../saved-logs/boot-log.ts';
import { SavedLog } from '../saved-logs/saved-log.ts';
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
 * have posted; with `-o ndjson` a line for each episode. The last lines, on stderr, sum up. A log that
 * cannot be read keeps no other one from it.
 *
 * @throws the last such failure, when all is read and said
 */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  edge: Edge,
): Promise<void> {
  const tally = newTally();
  const replayer = new Replayer(options, edge, tally);
  const remarks: string[] = [];
  const failures: unknown[] = [];
  for (const file of files) {
    if (edge.signal.aborted) break;
    const onMalformed = (): void => void (tally.malformed += 1);
    const log = new SavedLog(file, { bootTime: options.bootTime, edge, onMalformed });
    await replayer.replay(log).catch((error: unknown) => failures.push(error));
    remarks.push(...log.remarks);
  }
  if (edge.signal.aborted) remarks.push('ended by a signal: what came after that was not read');
  if (tally.records > 0 || failures.length === 0) remarks.unshift(summary(tally));
  remarks.push(...failures.slice(0, -1).map(explainError));
  for (const remark of remarks) edge.printError(`${remark}\n`);
  if (failures.length > 0) throw failures.at(-1);
}

/** What all logs of a replay share. */
class Replayer {
  readonly #options: ReplayOptions;
  readonly #origin: EventOrigin;
  readonly #pods: PodDirectory;
  readonly #ownLevels = new OwnLevels();
  readonly #print: (recorded: PrintedEpisode) => Promise<void>;
  readonly #tally: Tally;

  constructor(options: ReplayOptions, edge: Edge, tally: Tally) {
    this.#options = options;
    this.#tally = tally;
    this.#pods = listedPods(options.pods);
    this.#origin = { node: { name: nodeName(options.nodeName, edge) }, bootId: UNKNOWN_BOOT };
    this.#print = printTo(options.output, edge);
  }

  async replay(log: SavedLog): Promise<void> {
    for await (const boot of log.boots()) await this.#replayBoot(boot, log);
  }

  async #replayBoot(boot: BootLog, log: SavedLog): Promise<void> {
    let last: OomEpisode | undefined;
    const printLast = async (): Promise<void> => {
      if (last === undefined) return;
      log.clearProgress();
      await this.#print(this.#recordedEpisode(last, boot.isSinceBoot));
    };
    const watcher = new OomWatcher({
      openLog: boot.openLog,
      recordClock: boot.recordClock,
      // Printed when the next one comes: lines of it that come late make it another.
      consumer: () => ({
        record: async (episode: OomEpisode) => {
          if (last?.sequence !== episode.sequence) await printLast();
          last = episode;
        },
      }),
      tally: this.#tally,
      trustUserspace: this.#options.trustUserspaceRecords ?? false,
    });
    try {
      await watcher.start(this.#origin.node).done;
    } finally {
      await printLast();
    }
  }

  #recordedEpisode(episode: OomEpisode, isSinceBoot: boolean): PrintedEpisode {
    this.#ownLevels.see(episode, this.#pods);
    const attribution = attribute(episode, this.#pods, this.#ownLevels);
    const recorded = recordEpisode(episode, attribution, this.#origin);
    return isSinceBoot ? withoutDates(recorded) : recorded;
  }
}

function printTo(format: EventFormat, edge: Edge): (recorded: PrintedEpisode) => Promise<void> {
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
