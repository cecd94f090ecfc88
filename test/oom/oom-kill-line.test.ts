import { describe, expect, test } from 'vitest';
import { isCompleteOomKillLine, readOomKillLine } from '../../src/oom/oom-kill-line.ts';
import { CONTAINER, globalLine, oomKillLine, POD } from '../support/oom-lines.ts';

const constraint = 'CONSTRAINT_MEMCG';

describe('the oom-kill line', () => {
  test('of a cgroup names limit, cgroup and task', () => {
    expect(readOomKillLine(oomKillLine(7, CONTAINER, POD))).toEqual({
      constraint,
      oomMemcg: POD,
      taskMemcg: CONTAINER,
      pid: 7,
    });
  });

  test('of the system has no limit’s cgroup', () => {
    expect(readOomKillLine(globalLine(7))).toEqual({
      constraint: 'CONSTRAINT_NONE',
      taskMemcg: CONTAINER,
      pid: 7,
    });
  });

  test.each([
    [
      'a cpuset named like the fields',
      'cpuset=/',
      'cpuset=x,mems_allowed=0,global_oom,task_memcg=',
    ],
    ['memory nodes with commas', 'mems_allowed=0', 'mems_allowed=0-1,3'],
    ['a nodemask with commas', 'nodemask=(null)', 'nodemask=0,2'],
    ['a kernel without cpusets', ',cpuset=/,mems_allowed=0', ''],
    ['a negative uid', ',uid=0', ',uid=-2'],
  ])('may have %s', (_, words, others) => {
    expect(readOomKillLine(oomKillLine(7).replace(words, others))).toMatchObject({
      oomMemcg: CONTAINER,
      taskMemcg: CONTAINER,
      pid: 7,
    });
  });

  test.each(['x,pid=1,uid=0', ',task=/,pid=9', 'x,task=y', ',task_memcg=/b', '', 'a\nb'])(
    'is read though the task is called %j',
    (comm) => {
      const line = oomKillLine(7, CONTAINER, CONTAINER, comm);
      expect(readOomKillLine(line, comm)).toMatchObject({ taskMemcg: CONTAINER, pid: 7 });
      expect(readOomKillLine(line)).toMatchObject({ pid: 7, oomMemcg: CONTAINER });
    },
  );

  test.each([
    [`${CONTAINER}/x,task_memcg=_fake,task=fake,pid=1,uid=0`],
    [`${CONTAINER}/x,task_memcg=`],
    [`${CONTAINER}/with space) killed`],
    [`${CONTAINER}/,oom_memcg=`],
  ])('is read though the cgroup is called %s', (cgroup) => {
    expect(readOomKillLine(oomKillLine(7, cgroup, POD), 'app')).toMatchObject({
      oomMemcg: POD,
      taskMemcg: cgroup,
    });
    expect(readOomKillLine(oomKillLine(7, cgroup), 'app')).toMatchObject({
      oomMemcg: cgroup,
      taskMemcg: cgroup,
    });
  });

  test('that stops half-way says as much as it said', () => {
    const [head = ''] = oomKillLine(7, CONTAINER, POD).split(',task=');
    expect(readOomKillLine(head)).toEqual({ constraint, oomMemcg: POD });
    expect(readOomKillLine(head.split(',oom_memcg=')[0] ?? '')).toEqual({ constraint });
    expect(readOomKillLine('oom-kill:constraint=')).toBeUndefined();
  });

  test('is complete with its last byte, and not before', () => {
    const line = oomKillLine(7);
    expect(isCompleteOomKillLine(line)).toBe(true);
    for (let end = line.length - ',uid=0'.length; end > 0; end -= 1) {
      expect(isCompleteOomKillLine(line.slice(0, end))).toBe(false);
    }
  });
});
