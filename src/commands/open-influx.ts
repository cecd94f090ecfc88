import { readFileSync } from 'node:fs';
import type { Edge } from '../edge.ts';
import type { Log } from '../log.ts';
import { unattributed } from '../recorder/attributor.ts';
import type { PostClock } from '../post/wait-list.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Counters } from '../telemetry/counters.ts';
import { episodeFacts } from '../telemetry/episode-facts.ts';
import { InfluxClient } from '../telemetry/influx-client.ts';
import { influxTarget, type InfluxOptions, type InfluxTarget } from '../telemetry/influx-target.ts';
import { InfluxWriter, type InfluxQueue, type QueuedEpisode } from '../telemetry/influx-writer.ts';

export interface InfluxParts {
  readonly store: StateStore;
  readonly counters: Counters;
  readonly clock: PostClock;
  readonly log: Log;
}

const MARK_NOTE = 'influx-mark';

/** The InfluxDB to write to; `undefined` where none was named. @throws InfluxOptionsError */
export function findInflux(
  options: InfluxOptions,
  { env }: Pick<Edge, 'env'>,
): InfluxTarget | undefined {
  return influxTarget(options, { env, readText: (path) => readFileSync(path, 'utf8') });
}

/** Takes the store's episodes to InfluxDB, where there is one. */
export function openInflux(
  target: InfluxTarget | undefined,
  { store, counters, clock, log }: InfluxParts,
): InfluxWriter | undefined {
  if (target === undefined) return undefined;
  const writer = new InfluxWriter(queueOf(store, clock), new InfluxClient(target), {
    clock,
    random: Math.random,
    log,
    tally: (outcome, points) => counters.points.add(outcome, points),
  });
  writer.wake();
  return writer;
}

function queueOf({ episodes, notes }: StateStore, clock: PostClock): InfluxQueue {
  const mark = (): number => Number(notes.get(MARK_NOTE) ?? 0);
  return {
    pending: (limit) => episodes.decidedAfter(mark(), limit).map(toQueued),
    count: () => episodes.countAfter(mark()),
    settle: (settled) =>
      notes.put([{ key: MARK_NOTE, value: settled.at(-1)?.id ?? mark() }], clock.wallMs()),
  };
}

/** One of long ago was never attributed: it is a point without a Pod. */
function toQueued({
  id,
  episode,
  attribution = unattributed(episode),
}: ReturnType<StateStore['episodes']['decidedAfter']>[number]): QueuedEpisode {
  return { id, ...episodeFacts({ episode, attribution, events: [] }) };
}
