import { once } from 'node:events';
import type { EpisodeConsumer } from '../oom-watcher.ts';
import type { Edge } from '../edge.ts';
import type { CorrelatorOptions } from '../correlator/correlator-options.ts';
import type { RecordedEpisode } from '../recorder/recorded-episode.ts';
import type { CounterBaselines } from '../oom/oom-counters.ts';
import type { MarkedVictim } from '../oom/join-marks.ts';
import { CursorKeeper } from '../recorder/cursor-keeper.ts';
import type { Start } from '../recorder/decide-start.ts';
import { EpisodeRecorder, type EpisodeRecorderOptions } from '../recorder/episode-recorder.ts';
import { EventCap } from '../recorder/event-cap.ts';
import { EventRecorder } from '../recorder/event-recorder.ts';
import { logEpisode } from '../recorder/log-episode.ts';
import { OverrunReporter } from '../recorder/overrun-reporter.ts';
import { type EventSink, eventOutput } from '../outputs/event-output.ts';
import type { Counters } from '../telemetry/counters.ts';
import { saveCounters } from './open-counters.ts';
import { saveBaselines } from './saved-baselines.ts';

export interface RecorderParts extends Pick<
  EpisodeRecorderOptions,
  'store' | 'origin' | 'attributor' | 'nodeEvents' | 'survived' | 'log'
> {
  readonly sink: EventSink;
  /** Where in the log reading begins; absent where it is not read. */
  readonly start: Start | undefined;
  /** Where nothing needs protection, every Event is one of its own. */
  readonly correlator?: CorrelatorOptions;
  /** How many Events may be created and patched in a minute; any number where absent. */
  readonly maxEventsPerMinute?: number | undefined;
  readonly counters?: Counters;
  /** What the cgroup counters should say; `undefined` while that is not known. */
  readonly baselines?: () => CounterBaselines | undefined;
  /** Kills that went with lost records, by the kernel's counter, where that is known. */
  readonly killsLost?: () => number | undefined;
  /** Takes whom the tracepoint names of them, where it is read. */
  readonly victimsLost?: (() => readonly MarkedVictim[]) | undefined;
  readonly onRecorded?: (recorded: RecordedEpisode) => void;
}

/** Everything right of the buffer. */
export interface NodeRecorder extends Required<EpisodeConsumer> {
  /** Resolves when every episode has its Events, or when there is no time left to wait for that. */
  settled(signal: AbortSignal): Promise<void>;
  /** Nothing more is recorded, the cursor says how far that is; posts what it can in `withinMs`. */
  stop(withinMs: number): Promise<void>;
}

/** Puts together what is right of the buffer, and takes up again what the last run left. */
export function openRecorder(parts: RecorderParts, { clock }: Pick<Edge, 'clock'>): NodeRecorder {
  const { store, origin, start, log, onRecorded, counters, killsLost } = parts;
  const shared = { ...parts, clock, log };
  store.beforeCommit(() => {
    // When they have counted what the transaction records.
    if (counters !== undefined) store.change(() => saveCounters(store, counters));
  });
  const cursor = start === undefined ? undefined : openCursor(parts, start, clock);
  const { maxEventsPerMinute: max } = parts;
  const cap = max === undefined ? undefined : new EventCap(store, clock, max);
  const poster = eventOutput(cap?.outbox ?? store.outbox, parts.sink, {
    clock,
    random: Math.random,
    log,
    tally: (outcome) => counters?.posts.add(outcome),
  });
  const events = new EventRecorder({
    ...shared,
    poster,
    cap,
    host: origin.node.name,
    onSkipped: (reason) => counters?.skips.add(reason),
  });
  const episodes = new EpisodeRecorder({
    ...shared,
    cursor,
    events,
    onRecorded: (recorded) => {
      logEpisode(recorded, log);
      onRecorded?.(recorded);
    },
  });
  const overruns = new OverrunReporter({ ...shared, events, killsLost: () => killsLost?.() });
  episodes.resume();
  return {
    record: (episode) => episodes.record(episode),
    passed: (sequence) => cursor?.passed(sequence),
    caughtUp: (sequence) => cursor?.caughtUp(sequence),
    lost: (record) => overruns.lost(record),
    // Not an overrun: who was away cannot tell what was in there.
    away: (lost) => log.warn({ lost }, 'kernel log records went unread while the agent was away'),
    settled: async (signal) => {
      if (!signal.aborted) await Promise.race([episodes.settled(), once(signal, 'abort')]);
    },
    stop: async (withinMs) => {
      episodes.stop();
      overruns.stop();
      cursor?.flush();
      await events.drain(withinMs);
    },
  };
}

/** How far the log was read, and is from now on. */
function openCursor(
  { store, origin, baselines }: RecorderParts,
  { point, backlogUntil }: Start,
  clock: Edge['clock'],
): CursorKeeper {
  const cursor = new CursorKeeper(store, clock, { bootId: origin.bootId, backlogUntil }, () => {
    if (baselines !== undefined) saveBaselines(store, baselines());
  });
  if (point.at !== 'cursor') saveBaselines(store, undefined); // they are of another boot
  if (point.at === 'now') cursor.begin(point.sequence);
  return cursor;
}
