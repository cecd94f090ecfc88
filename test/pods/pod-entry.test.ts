import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { field } from '../../src/kube/loose-json.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import { oomKilled, podJson, running } from '../support/pod-json.ts';

describe('toPodEntry', () => {
  test('keeps what attribution needs of an ordinary pod', () => {
    const pod = podJson({
      name: 'web-7d9f8c6b5-x2k4p',
      uid: '5f0e4d1c-0000-4000-8000-000000000001',
      labels: { 'pod-template-hash': '7d9f8c6b5' },
      owner: { kind: 'ReplicaSet', name: 'web-7d9f8c6b5' },
      memory: '1Gi',
      containers: [{ name: 'app', memory: '512Mi', status: { ...running('aa') } }],
      initContainers: [{ name: 'sidecar', memory: '64Mi', status: { ...running('bb') } }],
      ephemeralContainers: [{ name: 'debug', status: { ...running('cc') } }],
    });

    const runningSinceMs = Date.parse('2026-08-01T10:00:00Z');
    expect(toPodEntry(pod)).toEqual({
      namespace: 'shop',
      name: 'web-7d9f8c6b5-x2k4p',
      uid: '5f0e4d1c-0000-4000-8000-000000000001',
      referenceUid: '5f0e4d1c-0000-4000-8000-000000000001',
      cgroupUid: '5f0e4d1c-0000-4000-8000-000000000001',
      limitBytes: 2 ** 30,
      owner: { kind: 'Deployment', name: 'web' },
      containers: [
        { name: 'app', list: 'containers', ids: ['aa'], limitBytes: 2 ** 29, runningSinceMs },
        {
          name: 'sidecar',
          list: 'initContainers',
          ids: ['bb'],
          limitBytes: 2 ** 26,
          runningSinceMs,
        },
        { name: 'debug', list: 'ephemeralContainers', ids: ['cc'], runningSinceMs },
      ],
    });
  });

  test('knows a restarted container by its old ID and how it ended', () => {
    const status = running('new', { lastState: { terminated: oomKilled('old') } });
    const pod = toPodEntry(podJson({ containers: [{ name: 'app', status: { ...status } }] }));

    expect(pod?.containers[0]).toMatchObject({
      ids: ['new', 'old'],
      lastTermination: {
        reason: 'OOMKilled',
        exitCode: 137,
        startedAtMs: Date.parse('2026-08-01T10:00:00Z'),
        finishedAtMs: Date.parse('2026-08-01T10:05:00Z'),
        containerId: 'old',
      },
    });
  });

  test('prefers how the current container ended to how the last one did', () => {
    const status = {
      containerID: 'containerd://second',
      state: { terminated: oomKilled('second', '2026-08-01T10:09:00Z') },
      lastState: { terminated: oomKilled('first') },
    };
    const pod = toPodEntry(podJson({ containers: [{ name: 'app', status }] }));

    expect(pod?.containers[0]?.ids).toEqual(['second', 'first']);
    expect(pod?.containers[0]?.lastTermination?.containerId).toBe('second');
    expect(pod?.containers[0]?.runningSinceMs).toBeUndefined();
  });

  test.each(['containerd://ab12', 'docker://ab12', 'cri-o://ab12', 'ab12'])(
    'reads the ID of %s',
    (id) => {
      const pod = podJson({ containers: [{ name: 'app', status: { containerID: id } }] });
      expect(toPodEntry(pod)?.containers[0]?.ids).toEqual(['ab12']);
    },
  );

  test('takes the limit in force where the kubelet reports one', () => {
    const status = running('aa', { resources: { limits: { memory: '256Mi' } } });
    const pod = podJson({ containers: [{ name: 'app', memory: '1Gi', status: { ...status } }] });
    expect(toPodEntry(pod)?.containers[0]?.limitBytes).toBe(2 ** 28);
  });

  test('names a static pod as its cgroup and as kubectl describe do', () => {
    const hash = '0123456789abcdef0123456789abcdef';
    const pod = podJson({
      uid: 'the-mirror',
      annotations: { 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.mirror': hash },
      owner: { kind: 'Node', name: 'node-1' },
    });
    expect(toPodEntry(pod)).toMatchObject({
      uid: 'the-mirror',
      cgroupUid: hash,
      referenceUid: hash,
      owner: { kind: 'Node', name: 'node-1' },
    });
  });

  test('believes no config hash on a pod that is no mirror', () => {
    const annotations = { 'kubernetes.io/config.hash': 'uid-of-somebody-else' };
    expect(toPodEntry(podJson({ uid: 'mine', annotations }))).toMatchObject({
      cgroupUid: 'mine',
      referenceUid: 'mine',
    });
  });

  test.each([
    undefined,
    null,
    17,
    'Pod',
    [],
    {},
    { metadata: null },
    { metadata: { name: 'x', namespace: 'y' } },
    { metadata: { name: 1, namespace: 'y', uid: 'z' } },
  ])('makes nothing of %j', (garbage) => {
    expect(toPodEntry(garbage)).toBeUndefined();
  });

  test('leaves out what has the wrong shape and keeps the rest', () => {
    const pod = {
      metadata: { name: 'a', namespace: 'b', uid: 'c', ownerReferences: 'none', annotations: [] },
      spec: {
        nodeName: 5,
        resources: { limits: { memory: 'lots' } },
        containers: [null, { name: '' }, { name: 'app', resources: [] }],
      },
      status: { containerStatuses: [7, { name: 'app', containerID: 9, state: 'terminated' }] },
    };
    expect(toPodEntry(pod)).toEqual({
      namespace: 'b',
      name: 'a',
      uid: 'c',
      referenceUid: 'c',
      cgroupUid: 'c',
      containers: [{ name: 'app', list: 'containers', ids: [] }],
    });
  });

  test('keeps no name that is longer than names are', () => {
    const long = 'x'.repeat(254);
    const annotations = { 'kubernetes.io/config.hash': 'h', 'kubernetes.io/config.mirror': long };
    const terminated = { ...oomKilled('aa'), reason: long };
    const pod = podJson({
      uid: 'mine',
      annotations,
      owner: { kind: 'Job', name: long },
      containers: [{ name: 'app', status: { containerID: long, lastState: { terminated } } }],
    });
    const entry = toPodEntry(pod);
    expect(entry).toMatchObject({ cgroupUid: 'mine', referenceUid: 'mine' });
    expect(JSON.stringify(entry).length).toBeLessThan(500);
    expect(entry?.containers[0]?.ids).toEqual(['aa']);
  });

  test.each([
    [100, 100],
    [101, 0],
    [20_000, 0],
  ])('of a pod with %i containers it keeps %i', (count, kept) => {
    const containers = Array.from({ length: count }, (_, n) => ({ name: `c${n}` }));
    const pod = podJson({
      containers: containers.slice(1),
      ephemeralContainers: containers.slice(0, 1),
    });
    const entry = toPodEntry(pod);
    expect(entry?.name).toBe('web');
    expect(entry?.containers).toHaveLength(kept);
  });

  test('never throws, whatever a part of a pod is replaced by', () => {
    const whole = podJson({
      owner: { kind: 'Job', name: 'tidy-29000000' },
      memory: '1Gi',
      containers: [{ name: 'app', memory: '1Gi', status: { ...running('a') } }],
    });
    const paths = pathsOf(whole);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.anything(), (path, garbage) => {
        const pod = structuredClone(whole);
        const holder = field(pod, ...path.slice(0, -1));
        if (typeof holder === 'object' && holder !== null) {
          Reflect.set(holder, path.at(-1) ?? '', garbage);
        }
        const entry = toPodEntry(pod);
        expect(entry === undefined || Array.isArray(entry.containers)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('never throws on anything at all', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(() => toPodEntry(anything)).not.toThrow();
      }),
    );
  });
});

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}
