import type { Logger } from '../logger.ts';
import type { Edge } from '../edge.ts';
import type { CorrelatorOptions } from '../correlator/correlator-options.ts';
import type { RecordedEpisode } from '../recorder/recorded-episode.ts';
import type { NodeEvents } from '../pods/node-events.ts';
import type { CounterBaselines } from '../oom/oom-counters.ts';
import type { Attributor } from '../recorder/attributor.ts';
import type { EventOrigin } from '../recorder/build-event.ts';
import { CursorKeeper } from '../recorder/cursor-keeper.ts';
import type { Start } from '../recorder/decide-start.ts';
import { EpisodeRecorder, type EpisodeRecorderOptions } from '../recorder/episode-recorder.ts';
import { EventRecorder } from '../recorder/event-recorder.ts';
import { logEpisode } from '../recorder/log-episode.ts';
import { NodeRecorder } from '../recorder/node-recorder.ts';
import { OverrunReporter } from '../recorder/overrun-reporter.ts';
import { type EventSink, eventOutput } from '../outputs/event-output.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Counters } from '../telemetry/counters.ts';
import { saveCounters } from './open-counters.ts';
import { saveBaselines } from './saved-baselines.ts';

export interface RecorderParts {
  readonly store: StateStore;
  readonly sink: EventSink;
  readonly origin: EventOrigin;
  readonly start: Start;
  readonly attributor: Attributor;
  readonly nodeEvents?: NodeEvents;
  /** Of a victim's container; absent where nobody can tell. */
  readonly survived?: EpisodeRecorderOptions['survived'];
  readonly log: Logger;
  /** Where nothing needs protection, every Event is one of its own. */
  readonly correlator?: CorrelatorOptions;
  readonly counters?: Counters;
  /** What the cgroup counters should say; `undefined` while that is not known. */
  readonly baselines?: () => CounterBaselines | undefined;
  /** Kills that went with lost records, by the kernel's counter, where that is known. */
  readonly killsLost?: () => number | undefined;
  readonly onRecorded?: (recorded: RecordedEpisode) => void;
}

/** Puts together what is right of the buffer, and takes up again what the last run left. */
export function openRecorder(parts: RecorderParts, { clock }: Pick<Edge, 'clock'>): NodeRecorder {
  const { store, origin, start, log, onRecorded, counters, baselines, killsLost } = parts;
  const shared = { ...parts, clock, log };
  store.beforeCommit(() => {
    // When they have counted what the transaction records.
    if (counters !== undefined) store.change(() => saveCounters(store, counters, clock.wallMs()));
  });
  const from = { bootId: origin.bootId, backlogUntil: start.backlogUntil };
  const cursor = new CursorKeeper(store, clock, from, () => {
    if (baselines !== undefined) saveBaselines(store, baselines(), clock.wallMs());
  });
  const poster = eventOutput(store.outbox, parts.sink, {
    clock,
    random: Math.random,
    log,
    tally: (outcome) => counters?.posts.add(outcome),
  });
  const events = new EventRecorder({
    ...shared,
    poster,
    host: origin.node.name,
    onSkipped: (reason) => counters?.skips.add(reason),
  });
  const episodes = new EpisodeRecorder({
    ...shared,
    cursor,
    events,
    onAmended: (_, after) => {
      const { sequence, victim, members } = after;
      log.info(
        { sequence, victimPid: victim.pid, killed: 1 + members.length },
        'more processes were killed with one recorded before',
      );
    },
    onRecorded: (recorded) => {
      logEpisode(recorded, log);
      onRecorded?.(recorded);
    },
  });
  const overruns = new OverrunReporter({
    events,
    store,
    origin,
    clock,
    log,
    killsLost: () => killsLost?.(),
  });
  episodes.resume();
  return new NodeRecorder({ cursor, events, episodes, overruns, log });
}
