import { NEVER, of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { LiveAttributor, type WatchedPods } from '../../src/pods/live-attributor.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import { entryOf, oomKilled, podJson, type PodShape, running } from '../support/pod-json.ts';
import { hexId } from '../support/realistic-pod.ts';

const UID = '0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f';
const ID = hexId('app');
const CGROUP = `/kubepods/burstable/pod${UID}/${ID}`;
const START = '1970-01-01T00:00:01Z';
const END = '1970-01-01T00:00:05Z';

const EPISODE: OomEpisode = {
  sequence: 1,
  lastSequence: 1,
  monotonicUs: 0,
  atMs: 0,
  context: 'suppressed',
  killLines: 1,
  victim: { pid: 42, comm: 'eater' },
  members: [],
  tasks: [],
};
const TOLD = { ...EPISODE, taskMemcg: CGROUP };

const podWith = (status?: object): PodEntry | undefined =>
  toPodEntry(
    podJson({ uid: UID, containers: [{ name: 'app', ...(status && { status: { ...status } }) }] }),
  );

interface Surroundings {
  readonly attributor: LiveAttributor;
  readonly put: (entry: PodEntry | undefined) => void;
}

function surroundings(pod?: PodEntry): Surroundings {
  let known = pod;
  const pods = {
    live$: of(true),
    changed$: NEVER,
    isComplete: true,
    byCgroupUid: (uid: string) => (uid === UID ? known : undefined),
    entries: () => (known === undefined ? [] : [known]),
  };
  return {
    attributor: new LiveAttributor(pods, { nowMs: () => 0 }),
    put: (entry) => (known = entry),
  };
}

/** The same over a real directory, whose list is complete or not. */
function directoryOf(isComplete: boolean, ...shapes: readonly PodShape[]) {
  const directory = new LiveDirectory(() => 0);
  const put = (shape: PodShape): void => directory.apply({ kind: 'applied', pod: entryOf(shape) });
  const remove = (shape: PodShape): void =>
    directory.apply({ kind: 'deleted', pod: entryOf(shape) });
  for (const shape of shapes) put(shape);
  const pods: WatchedPods = {
    live$: of(isComplete),
    changed$: directory.changed$,
    isComplete,
    byCgroupUid: (uid, id) => directory.byCgroupUid(uid, id),
    entries: () => directory.entries(),
  };
  return { attributor: new LiveAttributor(pods, { nowMs: () => 0 }), pods, put, remove };
}

const ofNode = { attribution: { subjects: [{ kind: 'node' }] } };
const ofContainer = { attribution: { subjects: [{ kind: 'pod', container: { name: 'app' } }] } };

describe('the attributor', () => {
  test('answers at once where the container is known', () => {
    const { attributor } = surroundings(podWith(running(ID)));
    expect(attributor.attribute(TOLD, 0)).toMatchObject(ofContainer);
  });

  test('waits for a container that is not in its pod’s status yet', () => {
    const { attributor, put } = surroundings(podWith());
    expect(attributor.attribute(TOLD, 0)).toEqual({ patienceMs: 30_000 });
    put(podWith(running(ID)));
    expect(attributor.attribute(TOLD, 1)).toMatchObject(ofContainer);
  });

  test('names the pod alone after half a minute', () => {
    const { attributor } = surroundings(podWith());
    expect(attributor.attribute(TOLD, 29_999)).toEqual({ patienceMs: 30_000 });
    const { attribution } = attributor.attribute(TOLD, 30_000);
    expect(attribution?.subjects).toEqual([{ kind: 'pod', pod: expect.anything() }]);
  });

  test('names the node after three seconds without the pod', () => {
    const { attributor } = surroundings();
    expect(attributor.attribute(TOLD, 2999)).toEqual({ patienceMs: 3000 });
    expect(attributor.attribute(TOLD, 3000)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }] },
    });
  });

  test('waits longer once the pod is there', () => {
    const { attributor, put } = surroundings();
    put(podWith());
    expect(attributor.attribute(TOLD, 3000)).toEqual({ patienceMs: 30_000 });
  });

  test('says what it knows where nobody can wait', () => {
    const { attributor } = surroundings(podWith());
    const { attribution } = attributor.attribute(TOLD, Infinity);
    expect(attribution?.subjects).toEqual([{ kind: 'pod', pod: expect.anything() }]);
  });

  test('waits for the end of a container whose main process it may have been', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const evidence = {
      cgroup: `/kubepods/burstable/pod${UID}`,
      source: 'pod-counter',
      isOneOfSeveral: true,
      likely: CGROUP,
    } as const;
    const [first, second] = [
      { ...EPISODE, atMs: 5500, evidence },
      { ...EPISODE, sequence: 2, atMs: 11_000, evidence },
    ];
    expect(attributor.attribute(first, 29_999)).toEqual({ patienceMs: 30_000 });
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    expect(attributor.attribute(first, 0)).toMatchObject({
      attribution: { ...ofContainer.attribution, source: 'main-process' },
    });
    expect(attributor.attribute(second, 29_999)).toEqual({ patienceMs: 30_000 });
    expect(attributor.attribute(second, 30_000)).toMatchObject({
      attribution: { source: 'pod-counter', isOneOfSeveral: true },
    });
  });

  test('believes a status for a withheld kill, where it is the only one', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const withheld = { ...EPISODE, atMs: 5500 };
    attributor.see(withheld);
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    expect(attributor.attribute(withheld, 9999)).toEqual({ patienceMs: 10_000 });
    const answer = attributor.attribute(withheld, 10_000);
    expect(answer).toMatchObject(ofContainer);
    expect(answer.attribution?.source).toBe('pod-status');
  });

  test('claims no pid where two kills compete for one status', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const [first, second] = [
      { ...EPISODE, atMs: 5500 },
      { ...EPISODE, sequence: 2, atMs: 5600 },
    ];
    for (const episode of [first, second]) attributor.see(episode);
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    const isOneOfSeveral = true;
    expect(attributor.attribute(first, 10_000)).toMatchObject({
      attribution: { ...ofContainer.attribution, isOneOfSeveral },
    });
    expect(attributor.attribute(second, 10_000)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }], source: 'none' },
    });
  });

  test('believes a status no longer where late lines told whose it was', () => {
    const { attributor, put } = surroundings(podWith(running(ID)));
    const [first, second] = [
      { ...EPISODE, atMs: 5500 },
      { ...EPISODE, sequence: 2, atMs: 5600 },
    ];
    for (const episode of [first, second]) attributor.see(episode);
    attributor.see({ ...first, taskMemcg: CGROUP });
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    expect(attributor.attribute(second, 10_000)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }], source: 'none' },
    });
  });
});

describe('a static pod whose mirror is forged', () => {
  const HASH = '0123456789abcdef0123456789abcdef';
  const KILLED = { ...EPISODE, taskMemcg: `/kubepods/burstable/pod${HASH}/${ID}` };
  const annotations = { 'kubernetes.io/config.hash': HASH, 'kubernetes.io/config.mirror': HASH };
  const mirror = (...ids: readonly string[]): PodShape => ({
    name: 'etcd-node-1',
    namespace: 'kube-system',
    annotations,
    containers: ids.map((id) => ({ name: 'etcd', status: { ...running(id) } })),
  });
  const forged: PodShape = { name: 'thief', namespace: 'tenant', annotations };
  const ofEtcd = {
    attribution: { subjects: [{ kind: 'pod', pod: { namespace: 'kube-system' } }] },
  };
  const wait = { patienceMs: 30_000 };

  test('has its kills, by its status, at once', () => {
    const { attributor } = directoryOf(true, forged, mirror(ID));
    expect(attributor.attribute(KILLED, 0)).toMatchObject(ofEtcd);
  });

  test('has them when its status comes', () => {
    const { attributor, put } = directoryOf(true, forged, mirror(hexId('before')));
    expect(attributor.attribute(KILLED, 29_000)).toEqual(wait);
    put(mirror(ID));
    expect(attributor.attribute(KILLED, 29_000)).toMatchObject(ofEtcd);
  });

  test('has them when the forged one goes, alone, half a minute later', () => {
    const { attributor, remove } = directoryOf(true, forged, mirror(hexId('before')));
    remove(forged);
    expect(attributor.attribute(KILLED, 29_999)).toEqual(wait);
    expect(attributor.attribute(KILLED, 30_000)).toMatchObject(ofEtcd);
  });

  test.each<readonly [string, readonly PodShape[]]>([
    ['of several without its container', [forged, mirror(hexId('before'))]],
    ['of one that the kubelet never wrote to', [forged]],
  ])('leaves a kill %s to the Node after half a minute', (_, shapes) => {
    const { attributor } = directoryOf(true, ...shapes);
    expect(attributor.attribute(KILLED, 29_999)).toEqual(wait);
    expect(attributor.attribute(KILLED, 30_000)).toMatchObject(ofNode);
  });

  test('has its kills when the API server comes back, also after the forged one is gone', () => {
    const { attributor, put, remove } = directoryOf(false, forged);
    expect(attributor.attribute(KILLED, 0)).toEqual(wait);
    remove(forged);
    put(mirror(ID));
    expect(attributor.attribute(KILLED, 0)).toMatchObject(ofEtcd);
  });
});

describe('a path in which the outer pod is unknown', () => {
  const inner: PodShape = { uid: UID, containers: [{ name: 'app', status: { ...running(ID) } }] };
  const outer: PodShape = {
    name: 'builder',
    uid: 'aaaaaaaa-8f4d-4a3f-9d0e-6a1b2c3d4e5f',
    containers: [{ name: 'dind', status: { ...running(hexId('dind')) } }],
  };
  const NESTED = {
    ...EPISODE,
    taskMemcg: `/kubepods/burstable/pod${outer.uid}/${hexId('dind')}${CGROUP}`,
  };

  test('is not the inner one’s before the first list: that is anybody’s invention', () => {
    const { attributor, put } = directoryOf(false, inner);
    expect(attributor.attribute(NESTED, 0)).toEqual({ patienceMs: 3000 });
    expect(attributor.attribute(NESTED, Infinity)).toMatchObject({
      attribution: { subjects: [{ kind: 'node' }] },
    });
    put(outer);
    expect(attributor.attribute(NESTED, 0)).toMatchObject({
      attribution: {
        subjects: [{ kind: 'pod', pod: { name: 'builder' }, container: { name: 'dind' } }],
      },
    });
  });

  test('is the inner one’s where the node does not have the outer one', () => {
    const { attributor } = directoryOf(true, inner);
    expect(attributor.attribute(NESTED, 2999)).toEqual({ patienceMs: 3000 });
    expect(attributor.attribute(NESTED, 3000)).toMatchObject(ofContainer);
  });

  test('is the Node’s where the node’s own pods stand at the outer one’s level: it is gone', () => {
    const { attributor } = directoryOf(true, inner);
    attributor.see({ ...TOLD, sequence: 2 });
    expect(attributor.attribute(NESTED, 2999)).toEqual({ patienceMs: 3000 });
    expect(attributor.attribute(NESTED, 3000)).toMatchObject(ofNode);
  });

  test('is the Node’s where an earlier process has seen that', () => {
    const { pods } = directoryOf(true, inner);
    const attributor = new LiveAttributor(pods, { nowMs: () => 0, earlier: [TOLD] });
    expect(attributor.attribute(NESTED, 3000)).toMatchObject(ofNode);
  });

  test('does not show where the node’s own pods stand', () => {
    const { attributor } = directoryOf(true, inner);
    attributor.see(NESTED);
    expect(attributor.attribute(NESTED, 3000)).toMatchObject(ofContainer);
  });
});
