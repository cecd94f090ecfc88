import { describe, expect, test } from 'vitest';
import { isCompleteOomKillLine, readOomKillLine } from '../../src/oom/oom-kill-line.ts';
import { CONTAINER, POD } from '../support/oom-lines.ts';

const line = (paths: string, task: string, cpuset = '/') =>
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,2-3,cpuset=${cpuset},mems_allowed=0-1,${paths},task=${task},pid=7,uid=-2`;
const own = (path: string) => `oom_memcg=${path},task_memcg=${path}`;

describe('the oom-kill line', () => {
  test.each([
    [
      'of a container',
      line(own(CONTAINER), 'app'),
      undefined,
      { oomMemcg: CONTAINER, taskMemcg: CONTAINER, comm: 'app', pid: 7 },
    ],
    [
      'of a pod’s limit',
      line(`oom_memcg=${POD},task_memcg=${CONTAINER}`, 'app'),
      undefined,
      { oomMemcg: POD, taskMemcg: CONTAINER },
    ],
    [
      'of a system-wide OOM',
      line(`global_oom,task_memcg=${CONTAINER}`, 'app'),
      undefined,
      { taskMemcg: CONTAINER },
    ],
    [
      'of a process called like its end',
      line(own(CONTAINER), 'x,pid=1,uid=0'),
      undefined,
      { comm: 'x,pid=1,uid=0', pid: 7 },
    ],
    [
      'of a process called like a field, as the kill line says',
      line(own(CONTAINER), 'x,task=y'),
      'x,task=y',
      { comm: 'x,task=y', taskMemcg: CONTAINER },
    ],
    [
      'of such a process where the kill line names another thread',
      line(own(CONTAINER), 'x,task=y'),
      'java',
      { taskMemcg: CONTAINER },
    ],
    [
      'of a cgroup called like a task',
      line(own(`${CONTAINER}/a,task=b`), 'app'),
      'app',
      { taskMemcg: `${CONTAINER}/a,task=b` },
    ],
    [
      'of a cpuset called like everything',
      line(own(CONTAINER), 'app', 'x,mems_allowed=0,oom_memcg=,task_memcg='),
      undefined,
      { taskMemcg: CONTAINER },
    ],
    [
      'without cpusets',
      `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),${own(CONTAINER)},task=a,pid=7,uid=0`,
      undefined,
      { taskMemcg: CONTAINER },
    ],
  ])('%s', (_, text, killed, expected) => {
    expect(readOomKillLine(text, killed)).toMatchObject(expected);
    expect(isCompleteOomKillLine(text)).toBe(true);
  });

  test('that stops half-way still says whose limit it was', () => {
    const begun = line(own(CONTAINER), 'app').replace(/task_memcg=.*/, 'task_memcg=');
    expect(readOomKillLine(begun)).toEqual({ constraint: 'CONSTRAINT_MEMCG', oomMemcg: CONTAINER });
    expect(isCompleteOomKillLine(begun)).toBe(false);
  });

  test('is nothing else', () => {
    expect(readOomKillLine('oom-kill: hello')).toBeUndefined();
  });
});
