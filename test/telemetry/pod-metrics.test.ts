import { describe, expect, test } from 'vitest';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { metricsOf, podEntry } from '../support/telemetry.ts';

const WEB = { ...podEntry('web-0'), owner: { kind: 'Deployment', name: 'web' } };

async function samples(name: string, pods?: readonly PodEntry[]): Promise<string[]> {
  const text = await metricsOf({ pods: () => pods }).render();
  return text.split('\n').filter((line) => line.startsWith(`oom_recorder_${name}{`));
}

describe('the owner of a pod', () => {
  test('is who made it, and the pod itself where nobody did', async () => {
    expect(await samples('pod_owner', [WEB, podEntry('db-0')])).toEqual([
      'oom_recorder_pod_owner{namespace="shop",pod="web-0",owner_kind="Deployment",owner_name="web"} 1',
      'oom_recorder_pod_owner{namespace="shop",pod="db-0",owner_kind="Pod",owner_name="db-0"} 1',
    ]);
  });

  test('is one, of the pod that lives or else died last', async () => {
    const gone = { ...WEB, owner: { kind: 'Job', name: 'old' }, deletedAtMs: 1000 };
    const goneLater = { ...gone, owner: { kind: 'Job', name: 'new' }, deletedAtMs: 2000 };
    for (const [pods, owner] of [
      [[gone, WEB], 'web'],
      [[WEB, gone], 'web'],
      [[gone, goneLater], 'new'],
      [[goneLater, gone], 'new'],
    ] as const)
      expect(await samples('pod_owner', pods)).toEqual([
        expect.stringContaining(`owner_name="${owner}"} 1`),
      ]);
  });

  test('is not known before the pods are listed', async () => {
    expect(await samples('pod_owner')).toEqual([]);
  });
});

describe('the memory limit', () => {
  test('is there for containers that have one', async () => {
    const containers = WEB.containers.flatMap((app) => [
      { ...app, limitBytes: 536_870_912 },
      { ...app, name: 'proxy' },
    ]);
    expect(await samples('container_memory_limit_bytes', [{ ...WEB, containers }])).toEqual([
      'oom_recorder_container_memory_limit_bytes{namespace="shop",pod="web-0",container="app"} 536870912',
    ]);
  });
});
