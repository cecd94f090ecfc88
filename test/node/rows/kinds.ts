import { onPod } from '../judge/expected.ts';
import { onePod } from '../play/pods.ts';
import type { Row } from '../row.ts';
import { EAT, eatTimes } from '../play/scripts.ts';

const LIVE = 'exec sleep 3600';

export const initContainer: Row = {
  name: 'init-container',
  play: async (scene) => {
    await scene.create({
      name: 'init',
      init: [{ name: 'prepare', script: EAT, limit: '32Mi' }],
      containers: [{ script: LIVE, limit: '16Mi' }],
    });
    const says =
      'Memory limit of container prepare (32Mi) reached: killed process sh (pid {pid}), anon-rss {size}';
    return [onPod('init', says, 'spec.initContainers{prepare}')];
  },
};

/** It is an init container by name, and starts again by itself. */
export const sidecar: Row = {
  name: 'sidecar',
  play: async (scene) => {
    await scene.create({
      name: 'sidecar',
      sidecars: [{ name: 'proxy', script: eatTimes(1), limit: '32Mi' }],
      containers: [{ script: LIVE, limit: '16Mi' }],
    });
    const says =
      'Memory limit of container proxy (32Mi) reached: killed process sh (pid {pid}), anon-rss {size}';
    return [onPod('sidecar', says, 'spec.initContainers{proxy}')];
  },
};

/** It may have no limit of its own: what it reaches is its pod's. */
export const ephemeralContainer: Row = {
  name: 'ephemeral-container',
  play: async (scene) => {
    await scene.start(onePod('debugged', { script: LIVE, limit: '32Mi' }));
    const how = ['--image=busybox:1.37', '--container=look', '--profile=general'];
    await scene.kubectl('debug', 'debugged', ...how, '--', 'sh', '-c', EAT);
    const says =
      'Memory limit of the pod (32Mi) reached: killed process sh (pid {pid}) in container look, anon-rss {size}, pod limit';
    return [onPod('debugged', says, 'spec.ephemeralContainers{look}')];
  },
};
