import type { Edge } from '../edge.ts';
import type { Log } from '../log.ts';
import type { Attributor } from '../recorder/attributor.ts';
import type { EventOrigin } from '../recorder/build-event.ts';
import { CursorKeeper } from '../recorder/cursor-keeper.ts';
import type { Start } from '../recorder/decide-start.ts';
import { EpisodeRecorder } from '../recorder/episode-recorder.ts';
import { EventRecorder } from '../recorder/event-recorder.ts';
import { logEpisode } from '../recorder/log-episode.ts';
import { NodeRecorder } from '../recorder/node-recorder.ts';
import { OverrunReporter } from '../recorder/overrun-reporter.ts';
import type { EventSink } from '../recorder/sink.ts';
import type { PostClock } from '../recorder/wait-list.ts';
import type { StateStore } from '../store/state-store.ts';

export interface RecorderParts {
  readonly store: StateStore;
  readonly sink: EventSink;
  readonly origin: EventOrigin;
  readonly start: Start;
  readonly attributor: Attributor;
  readonly log: Log;
}

/** Puts together what is right of the buffer, and takes up again what the last run left. */
export function openRecorder(parts: RecorderParts, edge: Pick<Edge, 'clock'>): NodeRecorder {
  const { store, origin, start, log } = parts;
  const clock = withTimers(edge);
  const shared = { ...parts, clock, log };
  const cursor = new CursorKeeper(store.cursor, clock, {
    bootId: origin.bootId,
    backlogUntil: start.backlogUntil,
  });
  const events = new EventRecorder({
    ...shared,
    host: origin.node.name,
    random: Math.random,
    tally: () => undefined,
  });
  const episodes = new EpisodeRecorder({
    ...shared,
    cursor,
    events,
    onRecorded: (recorded) => logEpisode(recorded, log),
  });
  const { notes } = store;
  const overruns = new OverrunReporter({
    events,
    notes,
    origin,
    log,
    killsMissed: () => undefined,
  });
  episodes.resume();
  return new NodeRecorder({ cursor, events, episodes, overruns, log });
}

function withTimers({ clock }: Pick<Edge, 'clock'>): PostClock {
  return {
    wallMs: () => clock.wallMs(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
