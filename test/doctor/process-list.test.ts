import { describe, expect, test } from 'vitest';
import { type FakeProcess, fakeProcesses, KTHREADD } from '../support/fake-processes.ts';

const CONTAINER = `/kubepods/burstable/pod0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f/${'c'.repeat(64)}`;
const SELF: FakeProcess = { pid: 10, comm: 'node', cgroup: CONTAINER };

describe('the processes', () => {
  test('are the host’s where kernel threads are among them', () => {
    expect(fakeProcesses([SELF, KTHREADD]).processes.isHost).toBe(true);
    expect(fakeProcesses([SELF]).processes.isHost).toBe(false);
    const pretender = { pid: 2, comm: 'kthreadd' };
    expect(fakeProcesses([SELF, pretender]).processes.isHost).toBe(false);
  });

  test('have the names they gave themselves and were started by', async () => {
    const odd = { pid: 11, comm: 'a) b', args: ['/usr/bin/python3', '/usr/bin/nohang', '--x'] };
    const { processes } = fakeProcesses([SELF, KTHREADD, odd]);
    expect(await processes.all()).toMatchObject([
      { pid: 10, names: ['node', 'node', ''], hasMemory: true },
      { pid: 2, hasMemory: false },
      { pid: 11, names: ['a) b', 'python3', 'nohang'], hasMemory: true },
    ]);
  });

  test('of our container are told by the cgroup, where that is a container’s', () => {
    const inside = { pid: 1, comm: 'node', cgroup: CONTAINER };
    const { processes } = fakeProcesses([SELF, inside, { pid: 12, comm: 'sh', cgroup: '/x' }]);
    expect(processes.self).toBe(10);
    expect(processes.isOfOurContainer(1)).toBe(true);
    expect(processes.isOfOurContainer(12)).toBe(false);
    expect(processes.isOfOurContainer(99)).toBe(false);

    const onHost = fakeProcesses([
      { pid: 10, comm: 'node' },
      { pid: 11, comm: 'node' },
    ]);
    expect(onHost.processes.isOfOurContainer(11)).toBe(false);
  });
});
