import { onPod } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import { eatAt, hold, waitAt } from '../play/scripts.ts';

const MEMORY = { cpu: '500m', memory: '32Mi' };
const REACHED =
  'Memory limit of container app (32Mi) reached: killed process sh (pid {pid}), anon-rss {size}';

export const qosClasses: Row = {
  name: 'qos-limits',
  play: async (scene) => {
    const app = { script: eatAt(), limit: '32Mi' };
    await scene.start(
      onePod('guaranteed', { ...app, cpuLimit: '500m', requests: MEMORY }),
      onePod('burstable', { ...app, requests: { memory: '16Mi' } }),
    );
    await scene.release();
    return [onPod('guaranteed', REACHED), onPod('burstable', REACHED)];
  },
};

/** While it is there, the limit is what the row says. */
const FLAG = '/run/node-test/limit';

/**
 * It has no limit. The kubelet's cgroup above all its class may have one, set here by hand, again and
 * again: the kubelet puts back its own each minute.
 */
export const bestEffort: Row = {
  name: 'qos-besteffort',
  play: async (scene) => {
    const slice = '/kubepods.slice/kubepods-besteffort.slice';
    const file = `/sys/fs/cgroup${slice}/memory.max`;
    await scene.start(onePod('besteffort', { script: eatAt() }));
    const command = `while [ -e ${FLAG} ]; do echo 64M >${file}; sleep 0.1; done; echo max >${file}`;
    await scene.node.shell(`touch ${FLAG}; (${command}) </dev/null >/dev/null 2>&1 &`);
    try {
      await scene.release();
      await scene.untilContainer(
        'besteffort',
        'app',
        ({ state }) => state?.terminated !== undefined,
      );
    } finally {
      await scene.node.shell(`rm ${FLAG}`);
    }
    const says = `Memory limit of QoS class cgroup ${slice} (64Mi) reached: killed process sh (pid {pid}) in container app, anon-rss {size}, QoS class limit`;
    return [onPod('besteffort', says)];
  },
};

/** `spec.resources` of the pod, over a container without a limit and over two whose limits are more in sum. */
export const podLimit: Row = {
  name: 'pod-limit',
  play: async (scene) => {
    const half = { limit: '48Mi', requests: { memory: '16Mi' } };
    await scene.start(
      { ...onePod('alone', { script: eatAt() }), podLimit: '48Mi' },
      {
        name: 'shared',
        podLimit: '52Mi',
        containers: [
          { ...half, name: 'holds', script: hold('40M'), processes: 3 },
          // As little as will do: who goes on taking while the first dies is killed as well.
          { ...half, name: 'takes', script: `${waitAt()}; ${hold('16M')}` },
        ],
      },
    );
    await scene.release();
    const reached = (size: string, who: string, container: string): string =>
      `Memory limit of the pod (${size}) reached: killed process ${who} in container ${container}, anon-rss {size}, pod limit`;
    return [
      onPod('alone', reached('48Mi', 'sh (pid {pid})', 'app')),
      onPod(
        'shared',
        reached('52Mi', 'dd (pid {pid}) and {others}', 'holds'),
        'spec.containers{holds}',
      ),
    ];
  },
};
