import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { run } from '../../hack/control-plane/commands.ts';

describe('a control plane', () => {
  let cluster: ControlPlane;
  beforeAll(async () => {
    cluster = await startControlPlane();
  });
  afterAll(async () => {
    await cluster.stop();
  });

  test('listens on loopback and on Unix sockets, nowhere else', async () => {
    const sockets = await run('ss', ['-Hlntup']);
    const ours = sockets
      .split('\n')
      .filter((line) => cluster.pids.some((pid) => line.includes(`pid=${pid},`)));
    expect(ours).toHaveLength(1);
    expect(ours[0]).toContain(new URL(cluster.url).host);
  });

  test('takes a namespace and a privileged pod', async () => {
    await cluster.kubectl(['create', 'namespace', 'shop']);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'agent', namespace: 'shop' },
      spec: { containers: [{ name: 'a', image: 'a', securityContext: { privileged: true } }] },
    };
    await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(pod) });
    expect(await cluster.kubectl(['get', 'pods', '-n', 'shop', '-o', 'name'])).toBe('pod/agent\n');
  });
});

test('leaves nothing behind', async () => {
  const cluster = await startControlPlane();
  const { directory, pids } = cluster;
  await cluster.stop();
  expect(existsSync(directory)).toBe(false);
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});
