import type { OomEpisode } from '../../src/oom/episode.ts';
import { attribute } from '../../src/pods/attribute.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import type { StateStore } from '../../src/store/state-store.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import type { StatusPages } from '../../src/telemetry/server.ts';
import { answerPage, type PageSource } from '../../src/telemetry/status-page.ts';
import { aPod, APP } from './an-episode.ts';
import { BOOT } from './history.ts';
import { episodesOf, recordsOf } from './recordings.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** 2026-11-26T03:04:05Z. */
export const NOW_MS = Date.UTC(2026, 10, 26, 3, 4, 5);
const MINUTE_MS = 60_000;

/** Real kills, so long ago, in a pod of that name. */
const RECORDED = [
  ['node-6.12-group-of-4', 2, 'shop', 'checkout-7d4b9c5f-x2x8q', 'app'],
  ['node-6.12-own-cgroup', 48, 'batch', 'import-28x-7gk2p', 'spark'],
  ['x6.1-v2', 130, 'shop', 'web-0', 'nginx'],
  ['linux-6.18-cgroup1-single', 1500, 'shop', 'worker-0', 'jobs'],
] as const;

/** The last kill of a recording, as the store has it. */
export function recordedKill(
  recording: string,
  minutesAgo: number,
  names: Pick<PodEntry, 'namespace' | 'name'>,
  container: string,
  facts: Partial<OomEpisode> = {},
): StoredEpisode {
  const found = episodesOf(recordsOf(recording)).at(-1);
  if (found === undefined) throw new Error(`no kill in ${recording}`);
  const atMs = NOW_MS - minutesAgo * MINUTE_MS;
  const episode = { ...found, sequence: 100_000 - minutesAgo, atMs, ...facts };
  const byCgroupUid = (_: string, id = ''): PodEntry =>
    aPod({ ...names, containers: [{ ...APP, name: container, ids: [id] }] });
  const attribution = attribute(episode, { isComplete: true, byCgroupUid });
  return { bootId: BOOT, state: 'recorded', enteredMs: atMs, episode, attribution };
}

/** What a node may have had in a day: kills at limits, and one that waits for its pod. */
export function nodesKills(): readonly StoredEpisode[] {
  const kills = RECORDED.map(([recording, minutesAgo, namespace, name, container]) =>
    recordedKill(recording, minutesAgo, { namespace, name }, container),
  );
  const latest = recordedKill('node-6.12-qos-limits', 1, { namespace: 'a', name: 'a' }, 'a');
  const { attribution: _, ...pending } = latest;
  return [...kills, { ...pending, state: 'pending' }];
}

/** Shows what is in a store, as the agent does. */
export function pageOf(store: StateStore, source: Partial<PageSource> = {}): StatusPages['page'] {
  const shown: PageSource = {
    node: { name: 'node-1' },
    version: '1.2.3',
    clock: { ...SYSTEM_CLOCK, wallMs: () => NOW_MS },
    records: () => 0,
    ask: (question) => store.episodes.ask(question),
    status: () => ({
      problems: ['the pods cannot be listed or watched'],
      fine: [],
      audit: { counted: 9, recorded: 6, beforeStart: 3, lost: 0, unexplained: 0 },
      pending: store.episodes.pendingCount(),
    }),
    ...source,
  };
  return (params, access) => answerPage(shown, params, access);
}
