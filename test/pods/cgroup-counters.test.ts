import { describe, expect, test } from 'vitest';
import type { OomCounters } from '../../src/oom/oom-counters.ts';
import { cgroupCounters } from '../../src/pods/cgroup-counters.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';

const UID = '0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f';
const ID = 'c'.repeat(64);
const POD = `/kubepods/burstable/pod${UID}`;
const SLICE = `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice`;
const COLON = `/system.slice/containerd.service/kubepods-pod${UID.replaceAll('-', '_')}.slice:cri-containerd:${ID}`;

function countersOf(files: FakeFiles): OomCounters {
  const { tree, proc } = fakeNode(files);
  return cgroupCounters(tree, proc);
}

function v1(cgroup: string, kills: number): Record<string, string> {
  const text = `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`;
  return { [`/cg/memory${cgroup}/memory.oom_control`]: text };
}

function v2(cgroup: string, kills: number): Record<string, string> {
  const text = `low 0\nhigh 0\nmax 9\noom 2\noom_kill ${kills}\noom_group_kill 0\n`;
  return { [`/cg${cgroup}/memory.events`]: text };
}

describe('the counters', () => {
  test('of v1 are each cgroup’s own, also inside a container', () => {
    const counters = countersOf({
      ...v1('', 0),
      ...v1(POD, 0),
      ...v1(`${POD}/${ID}`, 2),
      ...v1(`${POD}/${ID}/init.scope`, 1),
      ...v1('/user.slice', 5),
    });
    expect(counters.isHierarchical).toBe(false);
    expect(counters.read()).toEqual(
      new Map([
        [POD, 0],
        [`${POD}/${ID}`, 2],
        [`${POD}/${ID}/init.scope`, 1],
      ]),
    );
  });

  test('of v2 include what happened below, so containers are read and no deeper', () => {
    const scope = `${SLICE}/cri-containerd-${ID}.scope`;
    const counters = countersOf({
      '/cg/cgroup.controllers': 'memory',
      ...v2(SLICE, 3),
      ...v2(scope, 2),
      ...v2(`${scope}/nested`, 1),
    });
    expect(counters.isHierarchical).toBe(true);
    expect([...(counters.read() ?? [])]).toEqual([
      [SLICE, 3],
      [scope, 2],
    ]);
  });

  test.each([`/kubelet${POD}`, `/kubelet.slice${SLICE}`, COLON])('are found at %s', (cgroup) => {
    const counters = countersOf({ '/cg/cgroup.controllers': 'memory', ...v2(cgroup, 4) });
    expect([...(counters.read() ?? [])]).toEqual([[cgroup, 4]]);
  });

  test('are unknown where the kernel has none', () => {
    const counters = countersOf({
      '/cg/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n',
      '/proc/vmstat': 'nr_free_pages 1\n',
    });
    expect(counters.read()).toBeUndefined();
    expect(counters.total()).toBeUndefined();
  });

  test('come with the host’s count', () => {
    const counters = countersOf({
      ...v1('', 0),
      '/proc/vmstat': 'pgfault 12\noom_kill 372\noom_kill_other 9\n',
    });
    expect(counters.total()).toBe(372);
  });
});
