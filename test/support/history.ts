import { attribute } from '../../src/pods/attribute.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import type { StoredEpisode } from '../../src/store/stored-episode.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { aPod } from './an-episode.ts';
import { START_MS } from './kill-event.ts';
import { makeEpisode } from './make-episode.ts';
import { MemoryLog } from './memory-log.ts';

export const BOOT = '3f1c2b9e-6d0a-4c39-9a51-0c7f2f6f9a10';
/** As many as an episode keeps. */
export const TASKS = Array.from({ length: 50 }, (_, pid) => ({
  pid,
  tgid: pid,
  uid: 0,
  comm: 'java',
  totalVmPages: 100_000,
  oomScoreAdj: 900,
  rssPages: 50_000 + pid,
}));

/** A kill in the container `app` of `pod-<n>` in `ns-<n>`, a second later for each sequence. */
export function storedKill(
  sequence: number,
  pod: number,
  facts: Partial<OomEpisode> = {},
): StoredEpisode {
  const episode = { ...makeEpisode({ sequence, pod }), ...facts };
  const { containers } = aPod();
  const entry = aPod({
    namespace: `ns-${pod}`,
    name: `pod-${pod}`,
    containers: containers.map((it) => ({
      ...it,
      ids: [episode.taskMemcg?.split('/').at(-1) ?? ''],
    })),
  });
  const attribution = attribute(episode, { isComplete: true, byCgroupUid: () => entry });
  return { bootId: BOOT, state: 'recorded', enteredMs: START_MS, episode, attribution };
}

/** One whose attribution waits. */
export function pendingKill(sequence: number, facts: Partial<OomEpisode> = {}): StoredEpisode {
  const { attribution: _, ...kill } = storedKill(sequence, 0, facts);
  return { ...kill, state: 'pending' };
}

/** A store with these in it. */
export function storeWith(episodes: readonly StoredEpisode[], directory?: string): StateStore {
  const nowMs = (): number => START_MS;
  const store = new StateStore({ directory, historyMax: 20_000, log: new MemoryLog(), nowMs });
  store.transaction(() => episodes.forEach((episode) => store.episodes.add(episode)));
  return store;
}
