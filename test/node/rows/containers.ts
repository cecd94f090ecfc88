import { join } from 'node:path';
import { type ExpectedEvent, onPod } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../play/scene.ts';
import { statusesOf } from '../look/processes.ts';
import { groupAt } from '../play/scripts.ts';

const EXAMPLE = join(import.meta.dirname, '../../../manifests/examples/oom-pod.yaml');
const REACHED = 'Memory limit of container app (32Mi) reached: killed process sh (pid {pid})';

/** The kubelet's rule since Kubernetes 1.28: a container dies whole. */
export const examplePods: Row = {
  name: 'example-pods',
  inShort: true,
  play: (scene) =>
    playExamples(scene, `${REACHED} and 1 other process of the container, anon-rss {size}`),
};

export const singleExamplePods: Row = {
  name: 'single-example-pods',
  inShort: true,
  singleProcess: true,
  play: (scene) =>
    playExamples(scene, `${REACHED}, anon-rss {size}, the container's main process survived`),
  afterwards: async (scene) => {
    const [app] = statusesOf(await scene.pod('oom-child'));
    return app?.state?.running === undefined ? ['oom-child: its main process is gone'] : [];
  },
};

async function playExamples(scene: Scene, child: string): Promise<readonly ExpectedEvent[]> {
  await scene.kubectl('apply', '-f', EXAMPLE);
  return [onPod('oom-container', `${REACHED}, anon-rss {size}`), onPod('oom-child', child)];
}

export const groupOfFour: Row = {
  name: 'group-of-4',
  play: async (scene) => {
    const plan = { script: groupAt(4), limit: '32Mi', processes: 4 };
    await scene.start(onePod('four', plan), { ...onePod('shared', plan), sharesPids: true });
    await scene.release();
    return [
      onPod('four', `${REACHED} and {others} of the container, anon-rss {size}`),
      onPod('shared', `${REACHED} and 3 other processes of the container, anon-rss {size}`),
    ];
  },
};

/** Nobody had time to hear of the container before it died, and its sibling lives. */
export const earlyKill: Row = {
  name: 'two-containers-early',
  play: async (scene) => {
    await scene.create({
      name: 'early',
      containers: [
        { name: 'lives', script: 'exec sleep 3600', limit: '32Mi' },
        { name: 'dies', script: 'exec dd if=/dev/zero of=/dev/null bs=64M', limit: '32Mi' },
      ],
    });
    const says =
      'Memory limit of container dies (32Mi) reached: killed process dd (pid {pid}), anon-rss {size}';
    return [onPod('early', says, 'spec.containers{dies}')];
  },
};
