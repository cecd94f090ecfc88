import { expect, test } from 'vitest';
import { readKernelLog, recordsAfter } from './kernel-log.ts';

const SCOPE = '/kubepods.slice/kubepods-pod1.slice/cri-containerd-2.scope';
const kill = (pid: number): string =>
  `3,9,1,-;Memory cgroup out of memory: Killed process ${pid} (sh) total-vm:1kB, anon-rss:1kB`;
const context = (pid: number): string =>
  `6,8,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/kubepods.slice,task_memcg=${SCOPE},task=sh,pid=${pid},uid=0`;
const group = `6,9,1,-;Tasks in ${SCOPE} are going to be killed due to memory.oom.group set`;

test('a group’s first victim has two lines and died once', () => {
  const { lines, kills, groups } = readKernelLog([context(7), kill(7), group, kill(5), kill(7)]);
  expect(lines).toBe(3);
  expect(groups).toEqual([SCOPE]);
  expect([...kills.keys()]).toEqual([7, 5]);
  expect(kills.get(5)).toEqual({ pid: 5, atUs: 1, cgroup: SCOPE, hasContext: false });
  expect(kills.get(7)).toEqual({ pid: 7, atUs: 1, cgroup: SCOPE, hasContext: true });
});

test('a context that came in pieces is one', () => {
  const pieces = ['6,8,1,-;oom-kill:constraint=CONSTRAINT_MEMCG', '4,9,1,c;,task=sh,pid=7,uid=0'];
  expect(readKernelLog([...pieces, kill(7)]).kills.get(7)?.hasContext).toBe(true);
});

test('what a process writes to the log killed nobody', () => {
  expect(readKernelLog([kill(7).replace('3,', '12,')]).lines).toBe(0);
});

test('the records of a row are those after its mark', () => {
  const log = ['6,1,1,-;old', '12,2,1,-;@@SCENARIO row', '6,3,1,-;new', ' KEY=value', ''].join(
    '\n',
  );
  expect(recordsAfter(log, '@@SCENARIO row')).toEqual(['6,3,1,-;new', ' KEY=value']);
  expect(recordsAfter(log, '@@SCENARIO lost')).toHaveLength(4);
});
