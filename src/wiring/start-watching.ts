import type { Edge } from '../edge.ts';
import { BootClock } from '../kmsg/boot-clock.ts';
import { openKmsg } from '../kmsg/device.ts';
import { CONTEXT_BURST } from '../oom/context-ratelimit.ts';
import { type EpisodeConsumer, OomWatcher, type Watching } from '../oom-watcher.ts';
import type { Start } from '../recorder/decide-start.ts';
import type { StateStore } from '../store/state-store.ts';
import type { Tally } from '../tally.ts';
import type { AgentOptions, AgentSetup } from './agent-options.ts';
import type { Counting } from './open-counting.ts';
import { savedBaselines } from './saved-baselines.ts';

export interface WatchParts {
  readonly setup: AgentSetup;
  readonly store: StateStore;
  readonly start: Start;
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

/** Watches the log on from where an earlier run stopped, until it ends or the agent is told to stop. */
export function startWatching(options: AgentOptions, parts: WatchParts, edge: Edge): LogWatch {
  const { setup, store, start, counting, consumer, tally } = parts;
  const baselines = savedBaselines(store, start);
  if (baselines !== undefined) counting?.ledger.restore(baselines);
  let isReading = false;
  const onOpened = (): void => {
    isReading = true;
    sayWatching(options.kmsg, setup, start);
  };
  const watching = new OomWatcher({
    ...counting,
    openLog: (gate) => openKmsg({ ...edge, path: options.kmsg, gate, onOpened }),
    startPoint: start.point,
    recordClock: new BootClock(edge.clock),
    recent: start.point.at === 'cursor' ? store.episodes.latestOf(setup.bootId, CONTEXT_BURST) : [],
    consumer: () => consumer,
    tally,
    trustUserspace: believeUserspace(options, setup),
  }).start(setup.node);
  edge.signal.addEventListener('abort', () => watching.stop(), { once: true });
  const done = watching.done.finally(() => (isReading = false));
  // Awaited by the caller; failing before that must not count as nobody's.
  done.catch(() => undefined);
  return { ...watching, done, isReading: () => isReading };
}

function sayWatching(kmsg: string, { log, node, cluster }: AgentSetup, { point }: Start): void {
  const to = cluster === undefined ? 'printing Events' : `posting Events to ${cluster.server}`;
  log.info({ kmsg, node: node.name, start: point }, `watching the kernel log for OOM kills, ${to}`);
}

function believeUserspace(
  { trustUserspaceRecords = false }: AgentOptions,
  { log }: AgentSetup,
): boolean {
  if (trustUserspaceRecords) log.warn('believing OOM lines that processes wrote to the kernel log');
  return trustUserspaceRecords;
}
