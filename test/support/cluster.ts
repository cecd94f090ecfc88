import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { test as base } from 'vitest';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../hack/control-plane/control-plane.ts';

/**
 * A `test` that brings `{ cluster }`, an API server of the file's own: started by the file's first
 * test that asks for it (3 s), stopped after its last. Nobody else's outage can spoil it.
 */
export function testWithCluster(options: ControlPlaneOptions = {}) {
  return base.extend<{ cluster: ControlPlane }>({
    cluster: [
      // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern
      async ({}, use) => {
        await using cluster = await startControlPlane(options);
        await use(cluster);
      },
      { scope: 'file' },
    ],
  });
}

/** The API of a kubeconfig for somebody else than the agent: client-node's own, by ways of its own. */
export function coreV1Of(kubeconfig: string): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return config.makeApiClient(CoreV1Api);
}
