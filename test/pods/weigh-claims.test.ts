import { expect, test } from 'vitest';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { weighClaims } from '../../src/pods/weigh-claims.ts';
import { aPod, APP } from '../support/an-episode.ts';

const pod = (namespace: string, ids: readonly string[], facts: Partial<PodEntry> = {}): PodEntry =>
  aPod({ namespace, name: 'etcd-node-1', containers: [{ ...APP, ids }], ...facts });

const gone = { deletedAtMs: 1 };
const etcd = pod('kube-system', ['c2', 'c1']);
const etcdGone = { ...etcd, ...gone };
const etcdAnew = pod('kube-system', [], { uid: 'anew' });
const forged = pod('tenant', []);
const withStatus = pod('tenant', ['c1']);

test.each<readonly [string, readonly PodEntry[], string | undefined, PodEntry | undefined]>([
  ['the one whose status has the container', [forged, etcd], 'c1', etcd],
  ['the same when it is deleted', [forged, etcdGone], 'c1', etcdGone],
  ['the one that lives, of two that have been the same pod', [etcdGone, etcd], 'c1', etcd],
  ['the one made anew, whose status is not written yet', [etcdGone, etcdAnew], undefined, etcdAnew],
  ['the only one, for a container that no status has', [etcd], 'c9', etcd],
  ['the only one that lives', [{ ...forged, ...gone }, etcd], 'c9', etcd],
  ['nobody of several, for a container that no status has', [forged, etcd], 'c9', undefined],
  ['nobody of several that have it', [etcd, withStatus], 'c1', undefined],
  ['nobody of several that are gone', [{ ...forged, ...gone }, etcdGone], 'c9', undefined],
  ['not the one without a status, though it alone lives', [forged, etcdGone], 'c9', undefined],
  ['nobody of none', [], 'c1', undefined],
])('a static pod is %s', (_, claims, containerId, expected) => {
  expect(weighClaims(claims, containerId)).toBe(expected);
});
