import { createReadStream } from 'node:fs';
import { uptime } from 'node:os';
import type { Edge } from '../edge.ts';
import type { KmsgDevice } from '../kmsg/drain-log.ts';
import type { ReadGate } from '../kmsg/read-gate.ts';
import { savedRecords$ } from '../kmsg/saved-log.ts';
import { clockSinceBoot } from '../kmsg/tell-time.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { OomWatcher } from '../oom-watcher.ts';
import type { Tally } from '../tally.ts';
import type { NodeRef } from '../recorder/build-event.ts';

/** How saved logs are read. */
export interface SavedLogOptions {
  readonly node: NodeRef;
  /** When the logged system booted, ms since the epoch; this one's boot where it is not told. */
  readonly bootTime?: number | undefined;
  readonly trustUserspaceRecords?: boolean | undefined;
}

/**
 * Reads saved logs as the agent reads the kernel's, one after the other, and tells each episode once:
 * when the next one comes, for lines of it that come late make it another.
 */
export async function eachEpisode(
  files: readonly string[],
  { node, bootTime, trustUserspaceRecords = false }: SavedLogOptions,
  tally: Tally,
  edge: Edge,
  tell: (episode: OomEpisode) => Promise<void>,
): Promise<void> {
  const bootMs = bootTime ?? edge.clock.wallMs() - uptime() * 1000;
  let last: OomEpisode | undefined;
  const record = async (episode: OomEpisode): Promise<void> => {
    if (last !== undefined && last.sequence !== episode.sequence) await tell(last);
    last = episode;
  };
  for (const file of files) {
    const watcher = new OomWatcher({
      recordClock: clockSinceBoot(bootMs),
      consumer: () => ({ record }),
      tally,
      trustUserspace: trustUserspaceRecords,
      openLog: (gate) => open(file, gate, edge),
    });
    const watching = watcher.start(node);
    const stop = (): void => watching.stop();
    edge.signal.addEventListener('abort', stop, { once: true });
    await watching.done;
    if (last !== undefined) await tell(last);
    last = undefined;
    edge.signal.removeEventListener('abort', stop);
  }
}

function open(file: string, gate: ReadGate, { stdin, clock }: Edge): KmsgDevice {
  const readable = file === '-' ? stdin : createReadStream(file);
  const [drainNow, nudge] = [() => undefined, () => undefined];
  return { reads$: savedRecords$(readable, gate, clock), drainNow, nudge };
}

/** `key=value`, for people and for scripts. */
export function summaryLine(tally: Tally): string {
  const { records, lost, malformed, forged, suppressed, episodes, killed } = tally;
  return `records=${records} lost=${lost} malformed=${malformed} forged=${forged} suppressed=${suppressed} episodes=${episodes} killed=${killed}\n`;
}
