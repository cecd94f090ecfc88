import { describe, expect, test } from 'vitest';
import { markedProcess } from '../../src/pods/marked-process.ts';
import { nodeEvidence } from '../../src/pods/node-evidence.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';
import { CONTAINER } from '../support/marks.ts';

const MARKED_MS = 60_000;
/** With PF_KTHREAD among its flags. */
const KTHREADD = { '/proc/2/stat': `2 (kthreadd) S 0 0 0 0 -1 2129984 ${'0 '.repeat(20)}` };
const NOTES = { cgroupOf: (pid: number) => (pid === 8 ? '/noted' : undefined) };

/** A process as of the tenth second after boot. */
function aProcess(pid: number, comm: string): FakeFiles {
  const stat = `${pid} (${comm}) R ${'0 '.repeat(18)}1000 0`;
  return { [`/proc/${pid}/stat`]: stat, [`/proc/${pid}/cgroup`]: `0::${CONTAINER}\n` };
}

function find(files: FakeFiles, pid: number, comm?: string) {
  const { tree, proc } = fakeNode({
    '/proc/uptime': '100.0 0',
    '/cg/cgroup.controllers': '',
    ...files,
  });
  const evidence = nodeEvidence(tree, proc, NOTES, () => 100_000);
  return markedProcess(evidence, proc).find(pid, comm, MARKED_MS);
}

describe('a process that was marked', () => {
  test('tells its cgroup while it is there', () => {
    const found = find(aProcess(7, 'eater'), 7, 'eater');
    expect(found).toMatchObject({ comm: 'eater', cgroup: CONTAINER, source: 'proc' });
  });

  test('is nobody who has another name', () => {
    expect(find(aProcess(7, 'other'), 7, 'eater').cgroup).toBeUndefined();
  });

  test('says its name where the tracepoint tells the pid alone', () => {
    const found = find({ ...aProcess(7, 'eater'), ...KTHREADD }, 7);
    expect(found).toMatchObject({ comm: 'eater', cgroup: CONTAINER });
  });

  test('is somebody else where the pid is not known to be the host’s', () => {
    expect(find(aProcess(7, 'eater'), 7)).toEqual({});
  });

  test('is likely where a container’s main process had its pid', () => {
    expect(find({}, 8, 'eater')).toMatchObject({ cgroup: undefined, likely: '/noted' });
  });
});
