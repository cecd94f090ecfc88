import { BehaviorSubject, Subject } from 'rxjs';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import type { Attribution } from '../../src/pods/attribute.ts';
import { LiveAttributor, type WatchedPods } from '../../src/pods/live-attributor.ts';
import { LiveDirectory } from '../../src/pods/live-directory.ts';
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

function surroundings(isLive: boolean, pod?: PodEntry) {
  const scheduler = new VirtualTimeScheduler();
  const live$ = new BehaviorSubject(isLive);
  const changed$ = new Subject<undefined>();
  let known = pod;
  const pods = {
    live$,
    changed$,
    isComplete: true,
    byCgroupUid: (uid: string) => (uid === UID ? known : undefined),
    entries: () => (known === undefined ? [] : [known]),
  };
  const put = (entry: PodEntry | undefined): void => {
    known = entry;
    changed$.next(undefined);
  };
  const attributor = new LiveAttributor(pods, { scheduler });
  return { attributor, live$, put, pass: passOf(scheduler) };
}

/** The same over a real directory. */
function directoryOf(isLive: boolean, ...shapes: readonly PodShape[]) {
  const scheduler = new VirtualTimeScheduler();
  const live$ = new BehaviorSubject(isLive);
  const directory = new LiveDirectory(() => scheduler.now());
  const put = (shape: PodShape): void => directory.apply({ kind: 'applied', pod: entryOf(shape) });
  const remove = (shape: PodShape): void =>
    directory.apply({ kind: 'deleted', pod: entryOf(shape) });
  for (const shape of shapes) put(shape);
  const pods: WatchedPods = {
    live$,
    changed$: directory.changed$,
    get isComplete() {
      return live$.value;
    },
    byCgroupUid: (uid, id) => directory.byCgroupUid(uid, id),
    entries: () => directory.entries(),
  };
  const attributor = new LiveAttributor(pods, { scheduler });
  return { attributor, live$, put, remove, pass: passOf(scheduler) };
}

function passOf(scheduler: VirtualTimeScheduler) {
  return (ms: number): void => {
    scheduler.maxFrames = scheduler.now() + ms;
    scheduler.schedule(() => undefined, ms);
    scheduler.flush();
  };
}

async function now(answer: Promise<Attribution>): Promise<Attribution | 'pending'> {
  await Promise.resolve();
  return Promise.race([
    answer,
    new Promise<'pending'>((resolve) => setImmediate(resolve, 'pending')),
  ]);
}

const ofContainer = { subjects: [{ kind: 'pod', container: { name: 'app' } }] };

describe('the attributor', () => {
  test('answers at once where the container is known, watch or no watch', async () => {
    const { attributor } = surroundings(false, podWith(running(ID)));
    expect(await now(attributor.attribute(TOLD))).toMatchObject(ofContainer);
  });

  test('waits for a container that is not in its pod’s status yet', async () => {
    const { attributor, put } = surroundings(true, podWith());
    const answer = attributor.attribute(TOLD);
    expect(await now(answer)).toBe('pending');
    put(podWith(running(ID)));
    expect(await now(answer)).toMatchObject(ofContainer);
  });

  test('names the pod alone after half a minute', async () => {
    const { attributor, pass } = surroundings(true, podWith());
    const answer = attributor.attribute(TOLD);
    pass(29_999);
    expect(await now(answer)).toBe('pending');
    pass(1);
    const { subjects } = (await now(answer)) as Attribution;
    expect(subjects).toEqual([{ kind: 'pod', pod: expect.anything() }]);
  });

  test('counts those seconds only while the watch is live', async () => {
    const { attributor, live$, pass } = surroundings(false);
    const answer = attributor.attribute(TOLD);
    pass(60_000);
    expect(await now(answer)).toBe('pending');
    live$.next(true);
    pass(2000);
    live$.next(false);
    pass(60_000);
    expect(await now(answer)).toBe('pending');
    live$.next(true);
    pass(1000);
    expect(await now(answer)).toMatchObject({ subjects: [{ kind: 'node' }] });
  });

  test.each([
    ['of the day before yesterday', -2],
    ['of a clock that runs ahead', 40],
  ])('waits for the first list, also with a kill %s', async (_, days) => {
    const { attributor, live$, pass, put } = surroundings(false);
    const answer = attributor.attribute({ ...TOLD, atMs: days * 24 * 60 * 60_000 });
    pass(48 * 60 * 60_000);
    expect(await now(answer)).toBe('pending');
    put(podWith(running(ID)));
    live$.next(true);
    expect(await now(answer)).toMatchObject(ofContainer);
  });

  test('waits for the end of a container whose main process it may have been', async () => {
    const { attributor, put, pass } = surroundings(true, podWith(running(ID)));
    const evidence = {
      cgroup: `/kubepods/burstable/pod${UID}`,
      source: 'pod-counter',
      isOneOfSeveral: true,
      likely: CGROUP,
    } as const;
    const [first, second] = [1, 2].map((sequence) =>
      attributor.attribute({ ...EPISODE, sequence, atMs: 5500 * sequence, evidence }),
    );
    if (first === undefined || second === undefined) expect.unreachable();
    expect(await now(first)).toBe('pending');
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    expect(await now(first)).toMatchObject({ ...ofContainer, source: 'main-process' });
    expect(await now(second)).toBe('pending');
    pass(30_000);
    expect(await now(second)).toMatchObject({ source: 'pod-counter', isOneOfSeveral: true });
  });

  test('gives up when it is told to', async () => {
    const { attributor } = surroundings(false);
    const controller = new AbortController();
    const answer = attributor.attribute(TOLD, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(answer).rejects.toThrow('stopped');
  });

  test('believes a status for a withheld kill, where it is the only one', async () => {
    const { attributor, put, pass } = surroundings(true, podWith(running(ID)));
    const answer = attributor.attribute({ ...EPISODE, atMs: 5500 });
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    pass(10_000);
    expect(await now(answer)).toMatchObject({ ...ofContainer, source: 'pod-status' });
  });

  test('claims no pid where two kills compete for one status', async () => {
    const { attributor, put, pass } = surroundings(true, podWith(running(ID)));
    const first = attributor.attribute({ ...EPISODE, atMs: 5500 });
    const second = attributor.attribute({ ...EPISODE, sequence: 2, atMs: 5600 });
    put(podWith(running(hexId('next'), { lastState: { terminated: oomKilled(ID, END, START) } })));
    pass(10_000);
    expect(await now(first)).toMatchObject({ ...ofContainer, isOneOfSeveral: true });
    expect(await now(second)).toMatchObject({ subjects: [{ kind: 'node' }], source: 'none' });
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
  const ofEtcd = { subjects: [{ kind: 'pod', pod: { namespace: 'kube-system' } }] };
  const ofNode = { subjects: [{ kind: 'node' }] };

  test('has its kills, by its status, at once', async () => {
    const { attributor } = directoryOf(true, forged, mirror(ID));
    expect(await now(attributor.attribute(KILLED))).toMatchObject(ofEtcd);
  });

  test('has them when its status comes', async () => {
    const { attributor, put, pass } = directoryOf(true, forged, mirror(hexId('before')));
    const answer = attributor.attribute(KILLED);
    pass(29_000);
    expect(await now(answer)).toBe('pending');
    put(mirror(ID));
    expect(await now(answer)).toMatchObject(ofEtcd);
  });

  test('has them when the forged one goes, alone, half a minute later', async () => {
    const { attributor, remove, pass } = directoryOf(true, forged, mirror(hexId('before')));
    const answer = attributor.attribute(KILLED);
    remove(forged);
    pass(29_999);
    expect(await now(answer)).toBe('pending');
    pass(1);
    expect(await now(answer)).toMatchObject(ofEtcd);
  });

  test.each<readonly [string, readonly PodShape[]]>([
    ['of several without its container', [forged, mirror(hexId('before'))]],
    ['of one that the kubelet never wrote to', [forged]],
  ])('leaves a kill %s to the Node after half a minute of a live watch', async (_, shapes) => {
    const { attributor, live$, pass } = directoryOf(false, ...shapes);
    const answer = attributor.attribute(KILLED);
    pass(60_000);
    live$.next(true);
    pass(29_999);
    expect(await now(answer)).toBe('pending');
    pass(1);
    expect(await now(answer)).toMatchObject(ofNode);
  });

  test('has its kills when the API server comes back, also after the forged one is gone', async () => {
    const { attributor, live$, put, remove } = directoryOf(false, forged);
    const answer = attributor.attribute(KILLED);
    remove(forged);
    live$.next(true);
    put(mirror(ID));
    expect(await now(answer)).toMatchObject(ofEtcd);
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

  test('is not decided before the first list: the inner one is anybody’s invention', async () => {
    const { attributor, live$, put, pass } = directoryOf(false, inner);
    const answer = attributor.attribute(NESTED);
    pass(60_000);
    expect(await now(answer)).toBe('pending');
    put(outer);
    live$.next(true);
    expect(await now(answer)).toMatchObject({
      subjects: [{ kind: 'pod', pod: { name: 'builder' }, container: { name: 'dind' } }],
    });
  });

  test('is the inner one’s where the node does not have the outer one', async () => {
    const { attributor, pass } = directoryOf(true, inner);
    const answer = attributor.attribute(NESTED);
    pass(2999);
    expect(await now(answer)).toBe('pending');
    pass(1);
    expect(await now(answer)).toMatchObject(ofContainer);
  });
});
