import { describe, expect, test } from 'vitest';
import {
  hostProcessesCheck,
  otherRecorderCheck,
  userspaceKillersCheck,
} from '../../src/doctor/processes.ts';
import { type FakeProcess, fakeProcesses, KTHREADD } from '../support/fake-processes.ts';

const UID = '0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f';
const CONTAINER = `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${'c'.repeat(64)}.scope`;
const AGENT = ['/nodejs/bin/node', '--max-semi-space-size=1', '/app/oom-recorder.js', 'run'];
const SELF: FakeProcess = { pid: 10, comm: 'node', args: AGENT, cgroup: CONTAINER };

const hostOf = (...others: readonly FakeProcess[]) =>
  fakeProcesses([SELF, KTHREADD, ...others]).processes;
const container = fakeProcesses([SELF]).processes;

test('the host’s processes are visible or not', () => {
  expect(hostProcessesCheck(hostOf()).look()).toEqual({ status: 'ok', found: 'visible in /proc' });
  expect(hostProcessesCheck(container).look()).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining('hostPID: true'),
  });
});

describe('another recorder', () => {
  test('is none of us, nor the agent of the container into which we were called', async () => {
    const own = { pid: 1, comm: 'node', args: AGENT, cgroup: CONTAINER };
    const doctor = { pid: 3, comm: 'node', args: [...AGENT.slice(0, 3), 'doctor'] };
    const reader = { pid: 4, comm: 'less', args: ['less', 'oom-recorder', 'notes'] };
    expect(await otherRecorderCheck(hostOf(own, doctor, reader)).look()).toEqual({
      status: 'ok',
      found: 'none on this node by the name of oom-recorder',
    });
  });

  test.each([
    ['in another pod', { cgroup: CONTAINER.replaceAll('c'.repeat(64), 'd'.repeat(64)) }],
    ['on the host', { args: ['node', '/usr/local/bin/oom-recorder', 'run', '--kmsg=/dev/kmsg'] }],
  ])('%s is told', async (_where, more) => {
    const other = { pid: 77, comm: 'node', args: AGENT, ...more };
    expect(await otherRecorderCheck(hostOf(other)).look()).toEqual({
      status: 'failed',
      found: 'oom-recorder run is on this node already (pid 77)',
      fix: 'stop one of them: both record every kill',
    });
  });

  test('cannot be told from within a container', async () => {
    expect(await otherRecorderCheck(container).look()).toEqual({
      status: 'unknown',
      found: 'the host’s processes are not visible',
    });
  });
});

describe('a killer in user space', () => {
  test('is found by any of its names', async () => {
    const oomd = { pid: 5, comm: 'systemd-oomd', args: ['/usr/lib/systemd/systemd-oomd'] };
    const nohang = { pid: 6, comm: 'python3', args: ['python3', '/usr/sbin/nohang', '--monitor'] };
    expect(await userspaceKillersCheck(hostOf(oomd, nohang)).look()).toEqual({
      status: 'failed',
      found:
        'systemd-oomd (pid 5), nohang (pid 6): its kills are in no kernel log, and lead to no Event',
      fix: 'systemctl disable --now systemd-oomd, or know that its kills are missing',
    });
  });

  test('is none, or cannot be told', async () => {
    const vim = { pid: 5, comm: 'vim', args: ['vim', '-R', 'earlyoom.conf'] };
    expect(await userspaceKillersCheck(hostOf(vim)).look()).toMatchObject({ status: 'ok' });
    expect(await userspaceKillersCheck(container).look()).toMatchObject({ status: 'unknown' });
  });
});
