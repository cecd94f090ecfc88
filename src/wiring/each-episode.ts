import type { Edge } from '../edge.ts';
import { explainError } from '../errors.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { OomWatcher } from '../oom-watcher.ts';
import type { Attribution } from '../pods/attribute.ts';
import { attributeBy } from '../recorder/attributor.ts';
import type { BootLog } from '../saved-logs/boot-log.ts';
import { SavedLog } from '../saved-logs/saved-log.ts';
import { newTally, type Tally } from '../tally.ts';
import { listedPods } from './open-pods.ts';

/** How saved logs are read. */
export interface EachEpisodeOptions {
  /** The file of Pods that episodes are attributed to, where there is one. */
  readonly pods?: string | undefined;
  /** When the logged system booted, ms since the epoch, where somebody told. */
  readonly bootTime?: number | undefined;
  readonly trustUserspaceRecords?: boolean | undefined;
}

/** Nothing that is read of a log depends on it. */
const SOME_NODE = { name: 'node' };

/** @param isSinceBoot nobody knows its date */
type Tell = (
  episode: OomEpisode,
  attribution: Attribution,
  isSinceBoot: boolean,
) => Promise<void> | void;

/**
 * Reads saved logs as the agent reads the kernel's, one after the other, and tells each episode once. The
 * last lines, on stderr, sum up. A log that cannot be read keeps no other one from it.
 *
 * @throws the last such failure, when all is read and said
 */
export async function eachEpisode(
  files: readonly string[],
  options: EachEpisodeOptions,
  edge: Edge,
  tell: Tell,
): Promise<void> {
  const attributor = attributeBy(listedPods(options.pods));
  const tally = newTally();
  const remarks: string[] = [];
  const failures: unknown[] = [];
  const onMalformed = (): void => void (tally.malformed += 1);
  for (const file of files) {
    if (edge.signal.aborted) break;
    const log = new SavedLog(file, { bootTime: options.bootTime, edge, onMalformed });
    const tellOf = async (episode: OomEpisode, { isSinceBoot }: BootLog): Promise<void> => {
      log.clearProgress();
      attributor.see(episode);
      await tell(episode, attributor.attribute(episode).attribution, isSinceBoot);
    };
    try {
      for await (const boot of log.boots())
        await watch(boot, options, tally, (episode) => tellOf(episode, boot));
    } catch (error) {
      failures.push(error);
    }
    remarks.push(...log.remarks);
  }
  if (edge.signal.aborted) remarks.push('ended by a signal: what came after that was not read');
  if (tally.records > 0 || failures.length === 0) remarks.unshift(summary(tally));
  remarks.push(...failures.slice(0, -1).map(explainError));
  for (const remark of remarks) edge.printError(`${remark}\n`);
  if (failures.length > 0) throw failures.at(-1);
}

/** Tells an episode when the next one comes: lines of it that come late make it another. */
async function watch(
  boot: BootLog,
  { trustUserspaceRecords = false }: EachEpisodeOptions,
  tally: Tally,
  tell: (episode: OomEpisode) => Promise<void>,
): Promise<void> {
  let last: OomEpisode | undefined;
  const tellLast = async (): Promise<void> => {
    if (last !== undefined) await tell(last);
  };
  const record = async (episode: OomEpisode): Promise<void> => {
    if (last?.sequence !== episode.sequence) await tellLast();
    last = episode;
  };
  const watcher = new OomWatcher({
    openLog: boot.openLog,
    recordClock: boot.recordClock,
    consumer: () => ({ record }),
    tally,
    trustUserspace: trustUserspaceRecords,
  });
  try {
    await watcher.start(SOME_NODE).done;
  } finally {
    await tellLast();
  }
}

/** `key=value`, for people and for scripts. */
function summary(tally: Tally): string {
  const { records, lost, malformed, forged, suppressed, episodes, killed } = tally;
  return `records=${records} lost=${lost} malformed=${malformed} forged=${forged} suppressed=${suppressed} episodes=${episodes} killed=${killed}`;
}
