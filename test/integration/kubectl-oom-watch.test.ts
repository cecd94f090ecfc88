import { describe, expect, vi } from 'vitest';
import { ensureNamespace } from '../support/cluster-objects.ts';
import { startPlugin, testWithPlugin } from '../support/kubectl-plugin.ts';
import { asJson, podEvent, post } from '../support/oom-event.ts';

const SOON = { timeout: 30_000, interval: 100 };

/** The first test waits for the cluster and the bundle as well. */
vi.setConfig({ testTimeout: 240_000 });

const test = testWithPlugin();

describe('kubectl oom --watch', () => {
  test('prints what there is, then what comes and what grows, each once, also across an outage', async ({
    plugin,
  }) => {
    const { cluster, env } = plugin;
    await ensureNamespace(cluster, 'live');
    const first = podEvent({ sequence: 10, namespace: 'live', pod: 'one' });
    await post(cluster, asJson(first));
    await using watch = startPlugin('kubectl', ['oom', '-n', 'live', '-w'], env);
    const pods = (): unknown[] =>
      watch
        .stdout()
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(/ {2,}/).toSpliced(4, 1));
    await vi.waitFor(() => expect(pods()).toHaveLength(1), SOON);
    await post(cluster, asJson(podEvent({ sequence: 11, namespace: 'live', pod: 'two' })));
    await vi.waitFor(() => expect(pods()).toHaveLength(2), SOON);
    const patch = ['patch', 'event', first.metadata.name, '-n', 'live', '-p', '{"count":2}'];
    await cluster.kubectl(patch);
    await vi.waitFor(() => expect(pods()).toHaveLength(3), SOON);
    await cluster.stopApiServer();
    await vi.waitFor(() => expect(watch.stderr()).toMatch(/Trying again/), SOON);
    await cluster.startApiServer();
    await vi.waitFor(() => expect(watch.stderr()).toMatch(/Watching again/), SOON);
    await post(cluster, asJson(podEvent({ sequence: 12, namespace: 'live', pod: 'three' })));
    await vi.waitFor(() => expect(pods()).toHaveLength(4), SOON);
    const row = (pod: string, count: string) => [
      pod,
      'app',
      'java (4242)',
      '512Mi',
      count,
      'node-1',
    ];
    expect(pods()).toEqual([row('one', '1'), row('two', '1'), row('one', '2'), row('three', '1')]);
    expect(await watch.stop()).toBe(0);
  });
});
