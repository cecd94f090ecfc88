import { expect, test } from 'vitest';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import { limitLevel } from '../../src/oom/limit-level.ts';
import { CONTAINER, POD } from '../support/oom-lines.ts';

const SLICE = '/kubepods.slice/kubepods-besteffort.slice';

test.each([
  ['container', CONTAINER],
  ['container', `${CONTAINER}/below`],
  ['pod', POD],
  ['pod', `${SLICE}/kubepods-besteffort-pod00000000_0000_4000_8000_000000000001.slice`],
  ['qos', '/kubepods/burstable'],
  ['qos', '/kubepods/besteffort'],
  ['qos', SLICE],
  ['qos', '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice'],
  ['node-allocatable', '/kubepods'],
  ['node-allocatable', '/kubepods.slice'],
  ['node-allocatable', '/kubelet.slice/kubelet-kubepods.slice'],
  ['host', '/system.slice/docker.service'],
  ['host', '/user.slice/kubepods-mine'],
  ['host', '/'],
])('%s: %s', (level, oomMemcg) => {
  expect(limitLevel(oomMemcg)).toBe(level);
});

test('seen from a pod inside another pod’s container, its limits are its own', () => {
  const inner = `${CONTAINER}/kubepods/pod11111111-0000-4000-8000-000000000001`;
  const [outerPod, innerPod] = [parseCgroupPath(POD), { podPath: inner }];
  expect(limitLevel(inner, innerPod)).toBe('pod');
  expect(limitLevel(inner, outerPod)).toBe('container');
  expect(limitLevel(`${CONTAINER}/kubepods`, innerPod)).toBe('node-allocatable');
});
