import { describe, expect, test } from 'vitest';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import {
  announcedLine,
  HEADER,
  KERNEL_LINES,
  oldKillLine,
  taskInLine,
} from '../support/oom-lines.ts';

describe('the kind of a line is', () => {
  test.each(KERNEL_LINES)('%s: %s', (kind, line) => {
    expect(readKernelLine(line)).toMatchObject({ kind });
  });
});

describe('no line of the OOM path is', () => {
  test.each([
    [''],
    ['usb 1-1: new high-speed USB device number 2'],
    ['anon of what'],
    ['file 3 is open'],
    ['kernel_stack_usage 3'],
    ['Tasks state (memory values in pages):'],
    ['ata_id: 14 callbacks suppressed'],
    ['Killed process'],
    ['Killed process 7 (app)'],
    ['my log: Killed process 7 (app) total-vm:1kB, anon-rss:1kB'],
    ['Killed process 7 (app) total-vm:1MB'],
    ['Task in a killed as a result of limit of b'],
    ['Tasks in /a are going to be killed'],
    ['hog invoked oom-killer: gfp_mask=what, order=0, oom_score_adj=0'],
    ['a name of more than fifteen invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0'],
    ['[drm] initialized'],
    ['oom_reaper: reaped process 7 (app)'],
    ['Killing all userspace'],
  ])('%j', (line) => {
    expect(readKernelLine(line)).toBeUndefined();
  });
});

describe('a header is read', () => {
  const invoker = { comm: 'hog', gfpMask: '0xcc0(GFP_KERNEL)', order: 0, oomScoreAdj: 0 };
  test.each([
    ['of today', HEADER, invoker],
    [
      'of 4.x, with a nodemask that has commas',
      'hog invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL|__GFP_NORETRY), nodemask=0-1,3, order=0, oom_score_adj=-997',
      { ...invoker, gfpMask: '0x14000c0(GFP_KERNEL|__GFP_NORETRY)', oomScoreAdj: -997 },
    ],
    [
      'of RHEL 6, with oom_adj',
      'java invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0',
      { ...invoker, comm: 'java', gfpMask: '0x201da' },
    ],
    [
      'of sysrq, whose order is -1',
      'kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0',
      { ...invoker, comm: 'kworker/0:1', order: -1 },
    ],
    [
      'of a task that calls itself a header',
      'x invoked oom-k invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      { ...invoker, comm: 'x invoked oom-k' },
    ],
    [
      'of a task without a name',
      ' invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      { ...invoker, comm: '' },
    ],
  ])('%s', (_, line, expected) => {
    expect(readKernelLine(line)).toEqual({ kind: 'header', invoker: expected });
  });
});

describe('a kill line is read', () => {
  const SIZES = 'total-vm:20kB, anon-rss:10kB, file-rss:5kB';
  const sizes = { totalVmKb: 20, anonRssKb: 10, fileRssKb: 5 };
  test.each([
    [
      'of today, of a cgroup',
      `Memory cgroup out of memory: Killed process 7 (app) ${SIZES}, shmem-rss:1kB, UID:1000 pgtables:88kB oom_score_adj:-997`,
      'memcg',
      { comm: 'app', ...sizes, shmemRssKb: 1, uid: 1000, pgtablesKb: 88, oomScoreAdj: -997 },
    ],
    [
      'of today, of the system',
      `Out of memory: Killed process 7 (app) ${SIZES}, shmem-rss:0kB, UID:0 pgtables:88kB oom_score_adj:0`,
      'system',
      { comm: 'app', ...sizes, shmemRssKb: 0, uid: 0, pgtablesKb: 88, oomScoreAdj: 0 },
    ],
    [
      'of oom_kill_allocating_task',
      `Out of memory (oom_kill_allocating_task): Killed process 7 (app) ${SIZES}`,
      'system',
      { comm: 'app', ...sizes },
    ],
    ['of 4.x, bare', `Killed process 7 (app) ${SIZES}`, 'unsaid', { comm: 'app', ...sizes }],
    [
      'of RHEL 6, the UID before the name',
      `Killed process 7, UID 48, (httpd) ${SIZES}`,
      'unsaid',
      { comm: 'httpd', uid: 48, ...sizes },
    ],
    [
      'of RHEL 7, the UID behind it',
      `Killed process 7 (httpd), UID 48, ${SIZES}`,
      'unsaid',
      { comm: 'httpd', uid: 48, ...sizes },
    ],
    [
      'with a negative UID',
      `Killed process 7 (app) ${SIZES}, UID:-2 pgtables:4kB`,
      'unsaid',
      { comm: 'app', ...sizes, uid: -2, pgtablesKb: 4 },
    ],
    [
      'of `foo) total-vm:`',
      `Killed process 7 (foo) total-vm:) ${SIZES}`,
      'unsaid',
      { comm: 'foo) total-vm:', ...sizes },
    ],
    ['of `)`', `Killed process 7 ()) ${SIZES}`, 'unsaid', { comm: ')', ...sizes }],
    ['of nobody', `Killed process 7 () ${SIZES}`, 'unsaid', { comm: '', ...sizes }],
    ['of two lines', `Killed process 7 (a\nb) ${SIZES}`, 'unsaid', { comm: 'a\nb', ...sizes }],
  ])('%s', (_, line, cause, process) => {
    expect(readKernelLine(line)).toMatchObject({
      kind: 'kill',
      cause,
      commBytes: process.comm,
      process: { pid: 7, ...process },
    });
  });

  test('keeps the bytes of a name that is no UTF-8', () => {
    expect(readKernelLine(oldKillLine(7, 'a\u00FF'))).toMatchObject({
      commBytes: 'a\u00FF',
      process: { comm: 'a\uFFFD' },
    });
  });
});

describe('what announces a kill says', () => {
  test.each([
    ['Memory cgroup out of memory', 'memcg'],
    ['Out of memory', 'system'],
    ['Out of memory (oom_kill_allocating_task)', 'system'],
  ])('%s: %s', (words, cause) => {
    expect(readKernelLine(announcedLine(7, 'a) score 1', words))).toEqual({
      kind: 'kill-announced',
      pid: 7,
      cause,
    });
  });
});

describe('`Task in` names the task’s cgroup first', () => {
  const INSIDE = '/a/x killed as a result of limit of /b';
  test.each([
    ['/a', '/a'],
    ['/a/b', '/a'],
    ['/a/b', '/'],
    [INSIDE, '/a'],
    [INSIDE, INSIDE],
  ])('%s under %s', (taskMemcg, oomMemcg) => {
    expect(readKernelLine(taskInLine(taskMemcg, oomMemcg))).toEqual({
      kind: 'task-in',
      taskMemcg,
      oomMemcg,
    });
  });

  test('and a task that is not under the limit is no such line', () => {
    expect(readKernelLine(taskInLine('/a', '/b'))).toBeUndefined();
  });
});

describe('a name at the front misleads nobody', () => {
  const tail = 'order=0, oom_score_adj=0';
  test.each([
    `[celeryd: celer invoked oom-killer: gfp_mask=0xcc0, ${tail}`,
    `Tasks in / invoked oom-killer: gfp_mask=0xcc0, ${tail}`,
    `app invoked oom-killer: gfp_mask=0xcc0(A), nodemask=(null),  ${tail}`,
  ])('%s', (line) => {
    expect(readKernelLine(line)).toMatchObject({ kind: 'header' });
  });

  test.each([
    `/kubepods/besteffort/x invoked oom-killer: gfp_mask=0xcc0, ${tail}`,
    'cgroup: fork rejected by /x/Out of memory and no killable processes...',
    'cgroup: fork rejected by /OOM victim 7 (x) is already exiting. Skip killing the task',
  ])('%s', (line) => {
    expect(readKernelLine(line)).toBeUndefined();
  });
});
