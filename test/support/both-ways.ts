import { of } from 'rxjs';
import { parseRecord, type DeviceRead } from '../../src/kmsg/record.ts';
import type { StartPoint } from '../../src/kmsg/start-reading.ts';
import { clockSinceBoot } from '../../src/kmsg/tell-time.ts';
import { OomWatcher } from '../../src/oom-watcher.ts';
import { newTally } from '../../src/tally.ts';

export interface Way {
  readonly startPoint?: StartPoint;
  readonly trustUserspace?: boolean;
}

/** Everything that a watch tells of these reads. */
export async function told(reads: readonly DeviceRead[], way: Way = {}) {
  const tally = newTally();
  const said = { episodes: [] as unknown[], start: [] as unknown[], lost: [] as unknown[] };
  await new OomWatcher({
    startPoint: way.startPoint ?? { at: 'oldest' },
    trustUserspace: way.trustUserspace ?? false,
    openLog: () => ({
      reads$: of(...reads),
      drainNow: () => undefined,
      nudge: () => undefined,
    }),
    recordClock: clockSinceBoot(0),
    consumer: () => ({
      record: async (episode) => void said.episodes.push(episode),
      lost: ({ sequence, lost }) => said.lost.push({ sequence, lost }),
      away: (lost) => said.start.push({ away: lost }),
      caughtUp: (sequence) => said.start.push({ caughtUp: sequence }),
    }),
    tally,
  }).start({ name: 'node-1' }).done;
  return { ...said, tally };
}

/** The same with every record parsed, and none dismissed by its bytes. */
export async function plainlyTold(reads: readonly DeviceRead[], way: Way = {}) {
  const records = reads
    .map((read) => (read.kind === 'raw' ? parseRecord(read.bytes, read) : read))
    .filter((record) => record !== undefined);
  const plain = await told(records, way);
  return { ...plain, tally: { ...plain.tally, malformed: reads.length - records.length } };
}
