import { describe, expect, test } from 'vitest';
import { cgroupCheck, killCounterCheck, oomGroupCheck } from '../../src/doctor/cgroups.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';

const POD = '/kubepods/burstable/pod0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f';
const V2 = { '/cg/cgroup.controllers': 'cpu memory pids\n' };

const lookAtCgroups = (files: FakeFiles) => cgroupCheck('/cg', fakeNode(files).tree).look();

describe('the cgroups', () => {
  test.each([
    ['v2', V2],
    ['v1', { '/cg/memory/memory.oom_control': 'oom_kill 0\n', '/cg/memory/release_agent': '\n' }],
  ])('are fine as %s', (version, files) => {
    expect(lookAtCgroups(files)).toEqual({ status: 'ok', found: `${version}, at /cg` });
  });

  test.each<[string, FakeFiles, string, RegExp]>([
    ['not there', {}, 'there are no memory cgroups at /cg, v1 or v2', /mount the host’s/],
    [
      'without memory',
      { '/cg/cgroup.controllers': 'cpu pids\n' },
      '/cg is v2, and has no memory controller',
      /cgroup_enable=memory/,
    ],
    [
      'a container’s own, v2',
      { ...V2, '/cg/memory.max': 'max\n' },
      '/cg is v2, of one cgroup and what is below it',
      /mount the host’s/,
    ],
    [
      'a container’s own, v1',
      { '/cg/memory/memory.oom_control': 'oom_kill 0\n' },
      '/cg is v1, of one cgroup and what is below it',
      /mount the host’s/,
    ],
  ])('that are %s are told', (_what, files, found, fix) => {
    expect(lookAtCgroups(files)).toEqual({
      status: 'failed',
      found,
      fix: expect.stringMatching(fix),
    });
  });
});

/** A container of the pod, its process, and what the kubelet set. */
function container(id: string, comm: string, group?: string): FakeFiles {
  const pid = id.charCodeAt(0);
  const cgroup = `/cg${POD}/${id.repeat(64)}`;
  return {
    [`${cgroup}/cgroup.procs`]: `${pid}\n`,
    [`/proc/${pid}/stat`]: `${pid} (${comm}) S ${'0 '.repeat(40)}\n`,
    ...(group !== undefined && { [`${cgroup}/memory.oom.group`]: `${group}\n` }),
  };
}

describe('memory.oom.group', () => {
  const look = (files: FakeFiles) => {
    const { tree, proc } = fakeNode(files);
    return oomGroupCheck(tree, proc).look();
  };

  test('is counted over the containers, those that hold a pod left out', () => {
    const containers = [
      container('a', 'java', '1'),
      container('b', 'nginx', '0'),
      container('c', 'pause', '0'),
    ];
    expect(look(Object.assign({}, V2, ...containers) as FakeFiles)).toEqual({
      status: 'ok',
      found: 'set on 1 of 2 containers, which the kernel kills as a whole',
    });
  });

  test('is not there on v1', () => {
    expect(look({})).toMatchObject({ status: 'ok', found: expect.stringContaining('v1 has none') });
  });

  test('is unknown without containers, and where it cannot be read', () => {
    expect(look(V2)).toMatchObject({ status: 'unknown' });
    expect(look({ ...V2, ...container('a', 'java') })).toEqual({
      status: 'unknown',
      found: 'some containers’ cannot be read',
    });
  });
});

test('the kernel’s counter is there, or is not', () => {
  expect(killCounterCheck({ total: () => 7 }).look()).toEqual({
    status: 'ok',
    found: 'the kernel has counted 7 since it booted',
  });
  expect(killCounterCheck({ total: () => undefined }).look()).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining('Linux 4.13'),
  });
});
