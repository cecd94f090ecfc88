import { onPod, systemOom } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import { eatAt } from '../play/scripts.ts';
import { until } from '../play/until.ts';

/** What is left to the pod: little enough to be eaten before the kubelet thinks of evicting somebody. */
const LEFT_MB = 512;
/** A node out of memory has no time for its API server: the kernel is asked. */
const KILL_LIMIT_MS = 240_000;

/**
 * The whole node runs out of memory: all but a little of it is set aside in huge pages, which takes
 * a second where filling it takes an emulated machine a minute. A BestEffort pod is the first to go
 * (oom_score_adj 1000), before anything of the control plane.
 */
export const systemWide: Row = {
  name: 'system-wide',
  inShort: true,
  play: async (scene) => {
    await scene.start(onePod('greedy', { script: eatAt() }));
    const killsBefore = await scene.node.vmstatOomKill();
    await scene.node.shell(setAside);
    try {
      await scene.release();
      await until('a kill', KILL_LIMIT_MS, async () =>
        (await scene.node.vmstatOomKill()) > killsBefore ? true : undefined,
      );
    } finally {
      await scene.node.shell('echo 0 >/proc/sys/vm/nr_hugepages');
    }
    await scene.untilContainer('greedy', 'app', ({ state }) => state?.terminated !== undefined);
    return [
      systemOom('sh'),
      onPod(
        'greedy',
        'Killed process sh (pid {pid}) in container app, anon-rss {size}, system-wide OOM',
      ),
    ];
  },
};

/** Huge pages of 2 MiB for all that is available but `LEFT_MB`. */
const setAside = `sync; echo 3 >/proc/sys/vm/drop_caches
  while read -r name kb _; do [ "$name" = MemAvailable: ] && break; done </proc/meminfo
  echo $(((kb / 1024 - ${LEFT_MB}) / 2)) >/proc/sys/vm/nr_hugepages`;
