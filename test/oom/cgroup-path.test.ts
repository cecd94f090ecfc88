import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cgroupOwners, parseCgroupPath } from '../../src/oom/cgroup-path.ts';

interface Shape {
  readonly path: string;
  readonly podUID: string | null;
  readonly containerID: string | null;
  readonly qos: string | null;
  readonly shape: string;
}

const SHAPES = JSON.parse(
  readFileSync(new URL('../testdata/cgroup-paths.json', import.meta.url), 'utf8'),
) as readonly Shape[];

const UID = '0d1e2f30-aaaa-4bbb-8ccc-112233445566';
const SLICE = `kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;
const ID = 'ab'.repeat(32);
const SYSTEMD = `/kubepods.slice/kubepods-burstable.slice/${SLICE}`;

describe('a path seen in the wild', () => {
  test.each(SHAPES)('$shape: $path', ({ path, podUID, containerID, qos }) => {
    const owner = parseCgroupPath(path);
    expect({
      podUID: owner?.podUid ?? null,
      containerID: owner?.containerId ?? null,
      qos: owner?.qos ?? null,
    }).toEqual({ podUID, containerID, qos });
  });
});

describe('the container is named', () => {
  test.each([
    ['by cri-containerd', `${SYSTEMD}/cri-containerd-${ID}.scope`],
    ['by docker', `${SYSTEMD}/docker-${ID}.scope`],
    ['by crio', `${SYSTEMD}/crio-${ID}.scope/container`],
    [
      'by cri-containerd in one part with its pod',
      `/system.slice/containerd.service/${SLICE}:cri-containerd:${ID}`,
    ],
    ['by no runtime', `/kubepods/burstable/pod${UID}/${ID}`],
  ])('%s in %s', (_, path) => {
    expect(parseCgroupPath(path)).toMatchObject({ podUid: UID, containerId: ID });
  });
});

describe('no pod is named by', () => {
  test.each([
    ['/'],
    ['/system.slice/docker.service'],
    ['/kubepods'],
    ['/kubepods/burstable'],
    [`/docker/${ID}`],
    [`/user.slice/pod${UID}`],
    [`/podruntime.slice/${ID}`],
    ['/kubepods/burstable/podxyz'],
    [`/kubepods/burstable/pod${UID}x`],
    [`${SYSTEMD.replace('aaaa_', 'aaaa-')}/cri-containerd-${ID}.scope`],
    [`/kubepods/burstable/pod${UID.replace('-8', '_8')}/${ID}`],
    [`/kubepods/burstable/mine/pod${UID}`],
  ])('%s', (path) => {
    expect(parseCgroupPath(path)).toBeUndefined();
  });
});

test('the pod’s own cgroup names no container', () => {
  expect(parseCgroupPath(SYSTEMD)).toEqual({
    podUid: UID,
    qos: 'burstable',
    podPath: SYSTEMD,
    above: '/',
  });
});

test('a cgroup below the container, whatever its name, is the container’s', () => {
  const path = `${SYSTEMD}/cri-containerd-${ID}.scope/system.slice/docker.service`;
  expect(parseCgroupPath(path)).toMatchObject({ podUid: UID, containerId: ID });
});

test('of nested pods the outermost comes first, and all are given', () => {
  const inner = '99999999-aaaa-4bbb-8ccc-112233445566';
  const path = `${SYSTEMD}/cri-containerd-${ID}.scope/kubelet/kubepods/pod${inner}/${'c'.repeat(64)}`;
  expect(cgroupOwners(path)).toMatchObject([
    { podUid: UID, above: '/' },
    { podUid: inner, above: `${SYSTEMD}/cri-containerd-${ID}.scope/kubelet` },
  ]);
});
