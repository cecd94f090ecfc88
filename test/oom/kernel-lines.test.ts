import { describe, expect, test } from 'vitest';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';

const SIZES = 'total-vm:20kB, anon-rss:10kB, file-rss:1kB';
const READ = { totalVmKb: 20, anonRssKb: 10, fileRssKb: 1 };

describe('the kill line', () => {
  test.each([
    [
      'of 6.x',
      `Memory cgroup out of memory: Killed process 7 (app) ${SIZES}, shmem-rss:2kB, UID:1000 pgtables:3kB oom_score_adj:-5`,
      {
        cause: 'memcg',
        process: {
          pid: 7,
          comm: 'app',
          uid: 1000,
          ...READ,
          shmemRssKb: 2,
          pgtablesKb: 3,
          oomScoreAdj: -5,
        },
      },
    ],
    [
      'of 4.4, without prefix',
      `Killed process 7 (app) ${SIZES}`,
      { cause: 'unsaid', process: { pid: 7, comm: 'app', ...READ } },
    ],
    [
      'of RHEL 6, the UID before the name',
      `Killed process 7, UID 48, (httpd) ${SIZES}`,
      { process: { pid: 7, comm: 'httpd', uid: 48, ...READ } },
    ],
    [
      'of RHEL 7, the UID after the name',
      `Killed process 7 (httpd), UID 48, ${SIZES}`,
      { process: { pid: 7, comm: 'httpd', uid: 48, ...READ } },
    ],
    [
      'with the sysctl that kills the allocating task',
      `Out of memory (oom_kill_allocating_task): Killed process 7 (app) ${SIZES}`,
      { cause: 'system' },
    ],
    [
      'with a field nobody knows yet',
      `Out of memory: Killed process 7 (app) ${SIZES}, new-rss:9kB, UID:-2 later(x)`,
      { process: { pid: 7, comm: 'app', uid: -2, ...READ } },
    ],
    ['of a process without a name', `Killed process 7 () ${SIZES}`, { process: { comm: '' } }],
    [
      'of a process called like its end',
      `Killed process 7 (foo) total-vm:) ${SIZES}`,
      { process: { comm: 'foo) total-vm:', totalVmKb: 20 } },
    ],
    [
      'of a process with a newline',
      `Killed process 7 (a\nb) c) ${SIZES}`,
      { process: { comm: 'a\nb) c' } },
    ],
    [
      'of a name that is not UTF-8',
      `Killed process 7 (\xff) ${SIZES}`,
      { process: { comm: '\ufffd' }, commBytes: '\xff' },
    ],
  ])('%s', (_, line, expected) => {
    expect(readKernelLine(line)).toMatchObject({ kind: 'kill', ...expected });
  });
});

describe('the header', () => {
  const tail = 'order=0, oom_score_adj=0';
  test.each([
    ['of 6.x', `app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), ${tail}`],
    [
      'of 4.15, with a nodemask',
      `app invoked oom-killer: gfp_mask=0xcc0(A|B), nodemask=0,2-3, ${tail}`,
    ],
    [
      'of 4.11, with two spaces',
      `app invoked oom-killer: gfp_mask=0xcc0(A), nodemask=(null),  ${tail}`,
    ],
    ['of RHEL 6', 'app invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0'],
    [
      'of a process called like a table',
      `[celeryd: celer invoked oom-killer: gfp_mask=0xcc0, ${tail}`,
    ],
    [
      'of a process called like another line',
      `Tasks in / invoked oom-killer: gfp_mask=0xcc0, ${tail}`,
    ],
    ['of a process without a name', ` invoked oom-killer: gfp_mask=0xcc0, ${tail}`],
  ])('%s', (_, line) => {
    expect(readKernelLine(line)).toMatchObject({ kind: 'header', invoker: { order: 0 } });
  });

  test('has no more than a name in front of it', () => {
    const path = `/kubepods/besteffort/x invoked oom-killer: gfp_mask=0xcc0, ${tail}`;
    expect(readKernelLine(path)).toBeUndefined();
  });
});

describe('other lines', () => {
  test.each([
    [
      'memory: usage 20480kB, limit 20480kB, failcnt 84',
      { kind: 'usage', usageKb: 20480, limitKb: 20480 },
    ],
    ['memory+swap: usage 20480kB, limit 9007199254740988kB, failcnt 0', undefined],
    ['Out of memory and no killable processes...', { kind: 'no-killable' }],
    ['cgroup: fork rejected by /x/Out of memory and no killable processes...', undefined],
    [
      'Memory cgroup out of memory: OOM victim 7 (app) is already exiting. Skip killing the task',
      { kind: 'already-exiting' },
    ],
    [
      'cgroup: fork rejected by /OOM victim 7 (x) is already exiting. Skip killing the task',
      undefined,
    ],
    [
      'oom_reaper: reaped process 7 (app), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
      { kind: 'reaped', pid: 7 },
    ],
    ['oom_reaper: unable to reap pid:7 (app)', undefined],
    ['oom_kill_process: 15 callbacks suppressed', { kind: 'callbacks-suppressed', count: 15 }],
    ['net_ratelimit: 15 callbacks suppressed', undefined],
    [
      'Memory cgroup out of memory: Kill process 7 (app) score 9 or sacrifice child',
      { kind: 'kill-announced', pid: 7, cause: 'memcg' },
    ],
    [
      'Tasks in /a/Killer are going to be killed due to memory.oom.group set',
      { kind: 'group-kill', memcg: '/a/Killer' },
    ],
    [
      'Task in /a/x killed as a result of limit of /b killed as a result of limit of /a',
      { kind: 'task-in', taskMemcg: '/a/x killed as a result of limit of /b', oomMemcg: '/a' },
    ],
  ])('%s', (line, expected) => {
    const read = readKernelLine(line);
    expect(expected === undefined ? read : (read ?? 'nothing')).toEqual(
      expected === undefined ? undefined : expect.objectContaining(expected),
    );
  });
});
