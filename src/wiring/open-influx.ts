import { readFileSync } from 'node:fs';
import type { Edge } from '../edge.ts';
import type { Log } from '../log.ts';
import type { Clock } from '../clock.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Counters } from '../telemetry/counters.ts';
import { InfluxClient } from '../telemetry/influx-client.ts';
import { influxTarget, type InfluxOptions, type InfluxTarget } from '../telemetry/influx-target.ts';
import { InfluxWriter } from '../telemetry/influx-writer.ts';
import { PointQueue } from './point-queue.ts';

export interface InfluxParts {
  readonly store: StateStore;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Log;
}

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
  const writer = new InfluxWriter(
    new PointQueue(store, () => clock.wallMs()),
    new InfluxClient(target),
    {
      clock,
      random: Math.random,
      log,
      tally: (outcome, points) => counters.points.add(outcome, points),
    },
  );
  writer.wake();
  return writer;
}
