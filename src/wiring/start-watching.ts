import type { Edge } from '../edge.ts';
import { BootClock } from '../kmsg/boot-clock.ts';
import { openKmsg } from '../kmsg/device.ts';
import { watchMarks } from '../mark-watcher.ts';
import { CONTEXT_BURST } from '../oom/context-ratelimit.ts';
import type { OomEpisode } from '../oom/episode.ts';
import { NO_EVIDENCE } from '../oom/look-at-kills.ts';
import { markedProcess } from '../pods/marked-process.ts';
import { memoryEvents } from '../pods/memory-events.ts';
import { type EpisodeConsumer, OomWatcher } from '../oom-watcher.ts';
import type { Watching } from '../watching.ts';
import type { Start } from '../recorder/decide-start.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Tally } from '../tally.ts';
import { openVictims } from '../tracefs/victim-device.ts';
import type { AgentOptions, AgentSetup } from './agent-options.ts';
import type { Counting } from './open-counting.ts';
import { openNode } from './open-node.ts';
import { tracefsPlace } from './open-marks.ts';
import { savedBaselines } from './saved-baselines.ts';

export interface WatchParts {
  readonly setup: AgentSetup;
  readonly store: StateStore;
  /** Absent where the log is not read. */
  readonly start: Start | undefined;
  /** None for a saved log. */
  readonly counting: Counting | undefined;
  readonly consumer: EpisodeConsumer;
  readonly tally: Tally;
}

/** The agent's watch. */
export interface LogWatch extends Watching {
  /** Whether the log is open and being read. */
  readonly isReading: () => boolean;
}

/** Watches the source until it ends or the agent is told to stop. */
export function startWatching(options: AgentOptions, parts: WatchParts, edge: Edge): LogWatch {
  let isReading = false;
  const onOpened = (): void => {
    isReading = true;
    sayWatching(options, parts);
  };
  const { start } = parts;
  const watching =
    start === undefined
      ? watchTracepoint(options, parts, onOpened, edge)
      : watchLog(options, { ...parts, start }, onOpened, edge);
  edge.signal.addEventListener('abort', () => watching.stop(), { once: true });
  const done = watching.done.finally(() => (isReading = false));
  // Awaited by the caller; failing before that must not count as nobody's.
  done.catch(() => undefined);
  return { ...watching, done, isReading: () => isReading };
}

/** The tracepoint, from now on. */
function watchTracepoint(
  options: AgentOptions,
  { counting, consumer, tally }: WatchParts,
  onOpened: () => void,
  edge: Edge,
): Watching {
  const place = tracefsPlace(options);
  const { tree, proc } = openNode(options);
  return watchMarks({
    counters: memoryEvents(tree, proc),
    finder: markedProcess(counting?.evidence ?? NO_EVIDENCE, proc),
    audit: counting?.audit,
    openVictims: (gate) => openVictims({ ...edge, place, gate, onOpened }),
    clock: edge.clock,
    consumer,
    tally,
  });
}

/** The log, on from where an earlier run stopped. */
function watchLog(
  options: AgentOptions,
  { setup, store, start, counting, consumer, tally }: WatchParts & { readonly start: Start },
  onOpened: () => void,
  edge: Edge,
): Watching {
  const baselines = savedBaselines(store, start);
  if (baselines !== undefined) counting?.ledger.restore(baselines);
  return new OomWatcher({
    ...counting,
    openLog: (gate) => openKmsg({ ...edge, path: options.kmsg, gate, onOpened }),
    startPoint: start.point,
    recordClock: new BootClock(edge.clock),
    recent: start.point.at === 'cursor' ? recentOf(store, setup) : [],
    consumer: () => consumer,
    tally,
    trustUserspace: believeUserspace(options, setup),
  }).start(setup.node);
}

/** Its own episodes: what the tracepoint told has no place in the log. */
function recentOf({ episodes }: StateStore, { bootId }: AgentSetup): readonly OomEpisode[] {
  return episodes.latestOf(bootId, CONTEXT_BURST).filter(({ context }) => context !== 'none');
}

function sayWatching(options: AgentOptions, { setup, start }: WatchParts): void {
  const { log, node, cluster } = setup;
  const to = cluster === undefined ? 'printing Events' : `posting Events to ${cluster.server}`;
  const facts =
    start === undefined
      ? { tracefs: options.tracefsInstance ?? options.tracefsRoot, node: node.name }
      : { kmsg: options.kmsg, node: node.name, start: start.point };
  const what = start === undefined ? 'tracepoint oom:mark_victim' : 'kernel log';
  log.info(facts, `watching the ${what} for OOM kills, ${to}`);
}

function believeUserspace(
  { trustUserspaceRecords = false }: AgentOptions,
  { log }: AgentSetup,
): boolean {
  if (trustUserspaceRecords)
    log.warn({}, 'believing OOM lines that processes wrote to the kernel log');
  return trustUserspaceRecords;
}
