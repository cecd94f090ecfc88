import { onPod } from '../judge/expected.ts';
import { allEvents, isOurs } from '../look/cluster-view.ts';
import { onePod, podManifest } from '../play/pods.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../play/scene.ts';
import { eatAt, eatTimes } from '../play/scripts.ts';
import { until } from '../play/until.ts';

const REACHED =
  'Memory limit of container app (32Mi) reached: killed process sh (pid {pid}), anon-rss {size}';

/** Below the ten similar Events in ten minutes that would be combined. */
const RESTARTS = 5;
const HEARD_LIMIT_MS = 60_000;

/** The kubelet waits 10, 20, 40, 80 s between the starts. */
export const crashLoop: Row = {
  name: 'crash-loop',
  play: async (scene) => {
    const plan = onePod('loop', { script: eatTimes(RESTARTS), limit: '32Mi' });
    await scene.create({ ...plan, restartPolicy: 'Always' });
    await scene.untilContainer(
      'loop',
      'app',
      ({ restartCount, state }) => restartCount === RESTARTS && state?.running !== undefined,
    );
    return Array.from({ length: RESTARTS }, () => onPod('loop', REACHED));
  },
};

/** The kubelet reads it from a file; the API server has only its mirror, with another UID. */
export const staticPod: Row = {
  name: 'static-pod',
  play: async (scene) => {
    const { node, namespace } = scene;
    const plan = onePod('static', { script: eatTimes(1), limit: '32Mi' });
    const manifest = JSON.stringify(podManifest({ ...plan, restartPolicy: 'Always' }, namespace));
    const file = `/etc/kubernetes/manifests/${namespace}.json`;
    scene.defer(() => node.shell(`rm ${file}`));
    await scene.makeGates();
    await node.shell(`cat >${file} <<'JSON'\n${manifest}\nJSON`);
    return [onPod(mirrorOf(scene), REACHED)];
  },
  afterwards: async (scene) => {
    const described = await scene.kubectl('describe', 'pod', mirrorOf(scene));
    const line = /Warning +OOMKilling +\S+ +oom-recorder +spec\.containers\{app\}: Memory limit of/;
    return line.test(described) ? [] : [`kubectl describe pod does not show it:\n${described}`];
  },
};

const mirrorOf = ({ node }: Scene): string => `static-${node.nodeName}`;

/** The next boot: another log, other counters, the same Events. */
export const reboot: Row = {
  name: 'reboot',
  replacesAgent: true,
  play: async (scene) => {
    const app = { script: eatAt(), limit: '32Mi' };
    await scene.start(onePod('first', app));
    await scene.release();
    await until('the first Event', HEARD_LIMIT_MS, async () =>
      (await allEvents(scene.node)).find(
        (event) => isOurs(event) && event.metadata.namespace === scene.namespace,
      ),
    );
    await scene.reboot();
    await scene.start(onePod('second', app));
    await scene.release();
    return [onPod('first', REACHED), onPod('second', REACHED)];
  },
};
