import { describe, expect, test } from 'vitest';
import type { EvidenceFinder } from '../../src/oom/look-at-kills.ts';
import { MainProcessNotes } from '../../src/pods/main-process-notes.ts';
import { nodeEvidence } from '../../src/pods/node-evidence.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';

const POD = '/kubepods/burstable/pod0d1e2f30-aaaa-4bbb-8ccc-112233445566';

/** By the monotonic clock, and by CLOCK_BOOTTIME, which counts 400 s of suspend: ms. */
const NOW_MS = 1_000_000;
const UPTIME_S = 1400;
/** The kill was at 1399.5 s since boot at the earliest. */
const KILLED_MS = NOW_MS - 500;

function evidenceIn(files: FakeFiles): EvidenceFinder {
  const { tree, proc } = fakeNode(files);
  return nodeEvidence(tree, proc, new MainProcessNotes(tree, proc), () => NOW_MS);
}

/** A name may contain anything, ` (` and `) ` too. */
function statOf(comm: string, startedTicks: number): string {
  const between = Array.from({ length: 18 }, () => 0).join(' ');
  return `7 (${comm}) S ${between} ${startedTicks} 4096\n`;
}

/** A /proc in which process 7 is `app`. */
function evidence(cgroup: string | undefined, comm = 'app'): EvidenceFinder {
  return evidenceIn({
    '/proc/7/stat': statOf(comm, 100_000),
    '/proc/uptime': `${UPTIME_S}.00 9000.00\n`,
    ...(cgroup !== undefined && { '/proc/7/cgroup': cgroup }),
  });
}

describe('the victim’s cgroup', () => {
  test.each([
    ['of v2', `0::${POD}\n`, POD],
    ['of v1', `9:name=systemd:/x\n4:memory:${POD}\n3:cpuset:/\n0::/\n`, POD],
    ['of v1, mounted with another controller', `4:cpu,memory:${POD}\n`, POD],
    ['of v1 before v2’s, where both are there', `4:memory:${POD}\n0::/init.scope\n`, POD],
    ['removed already', `0::${POD} (deleted)\n`, POD],
    ['with a colon in its name', `0::${POD}/a:b\n`, `${POD}/a:b`],
    ['with a name in UTF-8', `0::${POD}/caf\u00C3\u00A9\n`, `${POD}/café`],
  ])('%s', (_, text, cgroup) => {
    expect(evidence(text).evidenceOf(7, 'app', KILLED_MS)).toEqual({ cgroup, source: 'proc' });
  });
});

describe('nothing is said', () => {
  test.each([
    ['when the process is gone', undefined, 'app'],
    ['when another process has its pid', `0::${POD}\n`, 'other'],
    ['when it has left its cgroup', '0::/\n', 'app'],
    ['when the path leads out of our cgroup namespace', '0::/../../kubepods\n', 'app'],
    ['when there is no memory cgroup', '3:cpuset:/\n', 'app'],
  ])('%s', (_, cgroup, comm) => {
    expect(evidence(cgroup, comm).evidenceOf(7, 'app', KILLED_MS)).toBeUndefined();
  });

  test.each<readonly [string, number, number | undefined]>([
    ['of a process that started after the kill', 139_951, KILLED_MS],
    ['of one that started in the same tick', 139_950, KILLED_MS],
    ['where nobody knows when the kill was', 100_000, undefined],
  ])('%s', (_, startedTicks, earliestMs) => {
    const node = evidenceIn({
      '/proc/7/cgroup': `0::${POD}\n`,
      '/proc/7/stat': statOf('app', startedTicks),
      '/proc/uptime': `${UPTIME_S}.00 9000.00\n`,
    });
    expect(node.evidenceOf(7, 'app', earliestMs)).toBeUndefined();
  });

  test('of a process that started after the kill, however long it took to read the clocks', () => {
    let nowMs = NOW_MS;
    const files = {
      '/proc/7/cgroup': `0::${POD}\n`,
      '/proc/7/stat': statOf('app', 139_951),
      get '/proc/uptime'() {
        nowMs += 5000;
        return `${UPTIME_S}.00 9000.00\n`;
      },
    };
    const { tree, proc } = fakeNode(files);
    const node = nodeEvidence(tree, proc, new MainProcessNotes(tree, proc), () => nowMs);
    expect(node.evidenceOf(7, 'app', KILLED_MS)).toBeUndefined();
  });

  test('of a process that is not there', () => {
    expect(evidence(`0::${POD}\n`).evidenceOf(8, 'app', KILLED_MS)).toBeUndefined();
  });
});

test.each(['', 'a\nb', 'two\n', 'a) S (b', 'gr\u00FCn'])('a process may be called %j', (name) => {
  const comm = Buffer.from(name).toString('latin1');
  expect(evidence(`0::${POD}\n`, comm).evidenceOf(7, name, KILLED_MS)).toEqual({
    cgroup: POD,
    source: 'proc',
  });
});

describe('a group', () => {
  const SCOPE = `${POD}/cri-containerd-${'c'.repeat(64)}.scope`;
  const v2 = (levels: Readonly<Record<string, string>>): FakeFiles => ({
    '/cg/cgroup.controllers': 'memory',
    ...Object.fromEntries(
      Object.entries(levels).map(([cgroup, value]) => [`/cg${cgroup}/memory.oom.group`, value]),
    ),
  });
  const OFF = { [SCOPE]: '0\n', [POD]: '0\n' };
  const ABOVE = { '/kubepods/burstable': '0\n', '/kubepods': '0\n' };

  test.each<readonly [string, FakeFiles, string | undefined, string | undefined, boolean]>([
    ['is excluded where every level says so', v2(OFF), SCOPE, POD, true],
    ['is not where the container is one', v2({ ...OFF, [SCOPE]: '1\n' }), SCOPE, POD, false],
    ['is not where the pod is one', v2({ ...OFF, [POD]: '1\n' }), SCOPE, POD, false],
    ['is not where a level is gone', v2({ [POD]: '0\n' }), SCOPE, POD, false],
    [
      'is excluded up to the root where no limit was told',
      v2({ ...OFF, ...ABOVE }),
      SCOPE,
      undefined,
      true,
    ],
    ['is not where a level above was not read', v2(OFF), SCOPE, undefined, false],
    ['is not where nobody knows the victim’s cgroup', v2(OFF), undefined, undefined, false],
    ['is excluded in the root, which has no group', v2({}), '/', undefined, true],
    [
      'is unknown to cgroup v1',
      { '/cg/memory/memory.oom_control': 'x' },
      undefined,
      undefined,
      true,
    ],
    ['is not excluded where v1 is not seen', {}, SCOPE, POD, false],
  ])('%s', (_, files, cgroup, oomMemcg, isExcluded) => {
    expect(evidenceIn(files).excludesGroup(cgroup, oomMemcg)).toBe(isExcluded);
  });
});

test('a process that is gone is known by the snapshot, until that is dropped', () => {
  const CONTAINER = `${POD}/${'c'.repeat(64)}`;
  const files: FakeFiles = {
    '/cg/memory/memory.oom_control': 'x',
    [`/cg/memory${CONTAINER}/cgroup.procs`]: '7\n',
    '/proc/7/stat': statOf('app', 100_000),
  };
  const node = evidenceIn(files);
  node.takeSnapshot();
  delete files['/proc/7/stat'];
  expect(node.evidenceOf(7, 'app', NOW_MS)).toEqual({ cgroup: CONTAINER, source: 'snapshot' });
  node.dropSnapshot();
  expect(node.evidenceOf(7, 'app', NOW_MS)).toBeUndefined();
});
