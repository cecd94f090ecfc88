import { describe, expect, test } from 'vitest';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { entryOf, oomKilled, type PodShape, running } from '../support/pod-json.ts';

const MINUTE = 60_000;

/** A directory and a clock that moves when told. */
function setUp() {
  const clock = { nowMs: Date.parse('2026-08-01T12:00:00Z') };
  const directory = new LiveDirectory(() => clock.nowMs);
  const put = (shape: PodShape): void => directory.apply({ kind: 'applied', pod: entryOf(shape) });
  const remove = (shape: PodShape): void =>
    directory.apply({ kind: 'deleted', pod: entryOf(shape) });
  const replace = (...shapes: readonly PodShape[]): void =>
    directory.apply({ kind: 'replaced', pods: shapes.map(entryOf) });
  return { clock, directory, put, remove, replace };
}

const withContainer = (name: string, id: string): PodShape => ({
  name,
  containers: [{ name: 'app', status: { ...running(id) } }],
});
/** A mirror of a static pod. The kubelet writes a status for the true one; nobody does for a forged one. */
const mirror = (name: string, uid: string, hash: string, ...ids: readonly string[]): PodShape => ({
  name,
  uid,
  annotations: { 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.mirror': hash },
  containers: [
    ...(ids.length === 0 ? [{ name: 'app' }] : []),
    ...ids.map((id) => ({ name: id, status: { ...running(id) } })),
  ],
});
const forged = (name: string, uid: string, hash: string): PodShape => mirror(name, uid, hash);

const containerOf = (directory: LiveDirectory, pod: string) =>
  directory.byCgroupUid(`uid-of-${pod}`)?.containers[0];

function entry(name: string, deletedAtMs: number): PodEntry {
  const uid = `uid-of-${name}`;
  const uids = { uid, referenceUid: uid, cgroupUid: uid };
  return { namespace: 'shop', name, ...uids, containers: [], deletedAtMs };
}

describe('LiveDirectory', () => {
  test('finds a pod by its cgroup UID, with its containers', () => {
    const { directory, put } = setUp();
    put(withContainer('web', 'c1'));
    expect(directory.byCgroupUid('uid-of-web')?.name).toBe('web');
    expect(containerOf(directory, 'web')).toMatchObject({ name: 'app', ids: ['c1'] });
    expect(directory.byCgroupUid('other')).toBeUndefined();
  });

  test('keeps each ID a container that restarted was seen with, up to eight', () => {
    const { directory, put } = setUp();
    for (let run = 0; run < 10; run += 1) put(withContainer('web', `c${run}`));
    expect(containerOf(directory, 'web')?.ids).toEqual([
      'c9',
      'c8',
      'c7',
      'c6',
      'c5',
      'c4',
      'c3',
      'c2',
    ]);
  });

  test('keeps a deleted pod for 15 minutes and says since when it is gone', () => {
    const { clock, directory, put, remove } = setUp();
    put(withContainer('web', 'c1'));
    clock.nowMs += MINUTE;
    const deletedAtMs = clock.nowMs;
    remove(withContainer('web', 'c1'));

    clock.nowMs += 15 * MINUTE - 1;
    expect(directory.byCgroupUid('uid-of-web')).toMatchObject({ deletedAtMs });
    expect(containerOf(directory, 'web')?.ids).toEqual(['c1']);
    clock.nowMs += 1;
    expect(directory.byCgroupUid('uid-of-web')).toBeUndefined();
    expect(directory.entries()).toEqual([]);
  });

  test('learns from a deletion what it had not seen: the last container', () => {
    const { directory, remove } = setUp();
    const status = { state: { terminated: oomKilled('c1') } };
    remove({ name: 'web', containers: [{ name: 'app', status }] });
    expect(containerOf(directory, 'web')?.lastTermination?.reason).toBe('OOMKilled');
  });

  test('forgets the longest deleted first when pods come and go by the thousand', () => {
    const { clock, directory, put, remove } = setUp();
    for (let n = 0; n < 1500; n += 1) {
      clock.nowMs += 1;
      put({ name: `job-${n}` });
      remove({ name: `job-${n}` });
    }
    expect(directory.entries()).toHaveLength(1000);
    expect(directory.byCgroupUid('uid-of-job-499')).toBeUndefined();
    expect(directory.byCgroupUid('uid-of-job-500')?.name).toBe('job-500');
  });

  test('takes a list as the whole truth: who is missing is gone, and nobody is forgotten', () => {
    const { clock, directory, put, replace } = setUp();
    put(withContainer('stays', 'old'));
    put(withContainer('goes', 'g'));
    replace(withContainer('stays', 'new'), withContainer('comes', 'c'));

    expect(directory.byCgroupUid('uid-of-goes')?.deletedAtMs).toBe(clock.nowMs);
    expect(directory.byCgroupUid('uid-of-comes')?.deletedAtMs).toBeUndefined();
    expect(containerOf(directory, 'stays')?.ids).toEqual(['new', 'old']);
  });

  test('counts the time since a deletion from the first list that lacked it', () => {
    const { clock, directory, put, replace } = setUp();
    put({ name: 'web' });
    replace();
    const deletedAtMs = clock.nowMs;
    clock.nowMs += MINUTE;
    replace();
    expect(directory.byCgroupUid('uid-of-web')?.deletedAtMs).toBe(deletedAtMs);
  });

  describe('static pods', () => {
    test('are found by their hash, also when the mirror was made anew', () => {
      const { directory, put, remove } = setUp();
      put(mirror('etcd', 'first', 'h', 'c1'));
      expect(directory.byCgroupUid('h')?.uid).toBe('first');
      expect(directory.byCgroupUid('first')).toBeUndefined();
      remove(mirror('etcd', 'first', 'h', 'c1'));
      expect(directory.byCgroupUid('h')?.deletedAtMs).toBeDefined();
      put(mirror('etcd', 'second', 'h'));
      expect(directory.byCgroupUid('h')).toMatchObject({ uid: 'second' });
    });

    test('cannot be impersonated while they live, nor impersonate others', () => {
      const { directory, put, replace } = setUp();
      put(mirror('etcd', 'real', 'h', 'c1'));
      put({ name: 'victim', uid: 'victim-uid' });
      put(forged('thief', 't1', 'h'));
      put(forged('other-thief', 't2', 'victim-uid'));
      expect(directory.byCgroupUid('h', 'c1')?.name).toBe('etcd');
      expect(directory.byCgroupUid('victim-uid')?.name).toBe('victim');

      replace(forged('thief', 't1', 'h'), mirror('etcd', 'real', 'h', 'c1'));
      expect(directory.byCgroupUid('h', 'c1')?.name).toBe('etcd');
    });

    test('cannot be impersonated by who came first, in the same list or an earlier one', () => {
      const { directory, put, remove, replace } = setUp();
      replace(forged('thief', 't1', 'h'), mirror('etcd', 'real', 'h', 'c1'));
      expect(directory.byCgroupUid('h', 'c1')?.name).toBe('etcd');
      remove(forged('thief', 't1', 'h'));
      expect(directory.byCgroupUid('h', 'c1')?.name).toBe('etcd');
      put(forged('thief', 't2', 'h'));
      remove(mirror('etcd', 'real', 'h', 'c1'));
      expect(directory.byCgroupUid('h', 'c1')?.name).toBe('etcd');
    });

    test('are nobody’s while the only one who claims them has no status of the kubelet’s', () => {
      const { directory, put } = setUp();
      put(forged('thief', 't1', 'h'));
      expect(directory.byCgroupUid('h')).toBeUndefined();
      expect(directory.byCgroupUid('h', 'c1')).toBeUndefined();
    });

    test('are weighed again when one who claims them goes', () => {
      const { directory, put, remove } = setUp();
      put(forged('thief', 't1', 'h'));
      put(mirror('etcd', 'real', 'h', 'c1'));
      expect(directory.byCgroupUid('h')).toBeUndefined();
      remove(forged('thief', 't1', 'h'));
      expect(directory.byCgroupUid('h')?.name).toBe('etcd');
    });
  });

  test('tells every newer version of a pod, and no update that changes nothing we keep', () => {
    const { directory, put, remove } = setUp();
    const seen: PodEntry[] = [];
    const subscription = directory.changed$.subscribe((pod) => seen.push(pod));
    put({ name: 'web', resourceVersion: '1' });
    put({ name: 'web', resourceVersion: '2', labels: { tier: 'front' } });
    put(withContainer('web', 'c1'));
    remove(withContainer('web', 'c1'));
    subscription.unsubscribe();
    put(withContainer('web', 'c2'));

    expect(seen.map((pod) => pod.containers[0]?.ids)).toEqual([[], ['c1'], ['c1']]);
    expect(seen.map((pod) => pod.deletedAtMs !== undefined)).toEqual([false, false, true]);
  });

  describe('across a restart', () => {
    test('gives back what the store kept, until the first list knows better', () => {
      const before = setUp();
      before.put(withContainer('web', 'c1'));
      before.put(withContainer('gone', 'c2'));
      const stored = structuredClone(before.directory.entries());

      const { clock, directory, replace } = setUp();
      directory.restore(stored);
      expect(directory.byCgroupUid('uid-of-gone')).toEqual(stored[1]);
      replace(withContainer('web', 'c9'));
      expect(directory.byCgroupUid('uid-of-web')?.deletedAtMs).toBeUndefined();
      expect(containerOf(directory, 'web')?.ids).toEqual(['c9', 'c1']);
      expect(directory.byCgroupUid('uid-of-gone')?.deletedAtMs).toBe(clock.nowMs);
    });

    test('forgets what was deleted too long ago, and never overrides what it knows', () => {
      const { clock, directory, put } = setUp();
      put(withContainer('web', 'now'));
      const ago = (minutes: number): number => clock.nowMs - minutes * MINUTE;
      directory.restore([entry('new', ago(1)), entry('old', ago(16)), entry('web', ago(1))]);

      expect(directory.byCgroupUid('uid-of-old')).toBeUndefined();
      expect(directory.byCgroupUid('uid-of-new')?.deletedAtMs).toBe(ago(1));
      expect(directory.byCgroupUid('uid-of-web')?.deletedAtMs).toBeUndefined();
    });
  });
});
