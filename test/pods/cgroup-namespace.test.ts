import { describe, expect, test } from 'vitest';
import { cgroupNamespace } from '../../src/pods/cgroup-namespace.ts';
import { fakeNode } from '../support/fake-files.ts';
import { CONTAINER, CONTAINER_B, OTHER_POD, POD } from '../support/marks.ts';

const SELF = 77;
const QOS = POD.slice(0, POD.lastIndexOf('/'));
const { tree } = fakeNode({
  '/cg/cgroup.controllers': 'memory',
  [`/cg${POD}/cgroup.procs`]: '',
  [`/cg${CONTAINER}/cgroup.procs`]: `12\n${SELF}\n`,
  [`/cg${CONTAINER_B}/cgroup.procs`]: '13\n',
  [`/cg${OTHER_POD}/cgroup.procs`]: '14\n',
});
const inNamespace = (self?: number) => cgroupNamespace(tree, () => self);

describe('a path told from a cgroup namespace of our own', () => {
  test.each([
    ['a container beside ours', '/../x.scope', `${POD}/x.scope`],
    ['another pod’s', '/../../other-pod.slice/x.scope', `${QOS}/other-pod.slice/x.scope`],
    ['a unit of the host', '/../../../../system.slice/foo.service', '/system.slice/foo.service'],
    ['the root', '/../../../..', '/'],
  ])('is found in the hierarchy: %s', (_, path, cgroup) => {
    expect(inNamespace(SELF)(path)).toBe(cgroup);
  });

  test('is not, where it climbs beyond the top', () => {
    expect(inNamespace(SELF)('/../../../../../x')).toBeUndefined();
  });

  test.each([
    ['we are in no container of it', 1],
    ['nobody knows who we are', undefined],
  ])('is not, where %s', (_, self) => {
    expect(inNamespace(self)('/../x.scope')).toBeUndefined();
  });
});
