import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelLogCheck, REPORT_BYTES, ringCheck, ROW_BYTES } from '../../src/doctor/kernel-log.ts';
import { KmsgNotFoundError, KmsgPermissionError } from '../../src/kmsg/kmsg-errors.ts';
import { parseRecord } from '../../src/kmsg/record.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';
import { type FakeProcess, fakeProcesses, KTHREADD } from '../support/fake-processes.ts';

const SELF: FakeProcess = { pid: 10, comm: 'node' };
const RESTRICTED = { '/proc/sys/kernel/dmesg_restrict': '1\n' };
const OPEN_TO_ALL = { '/proc/sys/kernel/dmesg_restrict': '0\n' };
/** As root has them, and as root of a container that is not privileged. */
const WITH_SYSLOG = { '/proc/self/status': 'CapInh:\t0\nCapEff:\t000001ffffffffff\n' };
const WITHOUT_SYSLOG = { '/proc/self/status': 'CapInh:\t0\nCapEff:\t00000000a80425fb\n' };

function refusedWith(code: string, files: FakeFiles) {
  const refuse = (): never => {
    throw new KmsgPermissionError('/dev/kmsg', Object.assign(new Error(code), { code }));
  };
  return kernelLogCheck('/dev/kmsg', refuse, fakeNode(files).proc).look();
}

describe('the kernel log', () => {
  test('is fine where it opens', () => {
    const { proc } = fakeNode({});
    expect(kernelLogCheck('/dev/kmsg', () => 'kernel', proc).look()).toEqual({
      status: 'ok',
      found: '/dev/kmsg can be read',
    });
    expect(kernelLogCheck('kmsg.log', () => 'saved', proc).look()).toEqual({
      status: 'ok',
      found: 'kmsg.log is a saved log',
    });
  });

  test.each([
    ['EACCES', WITHOUT_SYSLOG, 'its mode is against this user', 'run as root'],
    [
      'EPERM',
      { ...WITHOUT_SYSLOG, ...RESTRICTED },
      'kernel.dmesg_restrict is 1 and CAP_SYSLOG is missing',
      'run as root or with CAP_SYSLOG; in a container set privileged: true',
    ],
    [
      'EPERM',
      { ...WITH_SYSLOG, ...RESTRICTED },
      'the device cgroup is against it',
      'in a container set privileged: true',
    ],
    [
      'EPERM',
      { ...WITHOUT_SYSLOG, ...OPEN_TO_ALL },
      'no CAP_SYSLOG',
      'run as root or with CAP_SYSLOG; in a container set privileged: true',
    ],
  ])('that is refused with %s says which of the reasons it is', (code, files, why, fix) => {
    expect(refusedWith(code, files)).toEqual({
      status: 'failed',
      found: `/dev/kmsg: ${code}, ${why}`,
      fix,
    });
  });

  test('that is missing is told in the words of run', () => {
    const missing = (): never => {
      throw new KmsgNotFoundError('/dev/kmsg', undefined);
    };
    const check = kernelLogCheck('/dev/kmsg', missing, fakeNode({}).proc);
    expect(() => check.look()).toThrow(KmsgNotFoundError);
  });
});

/** With a page of memory each, beside two that have none. */
function node(count: number) {
  const eaters = Array.from({ length: count - 1 }, (_, n) => ({ pid: 100 + n, comm: 'java' }));
  return fakeProcesses([SELF, KTHREADD, ...eaters]).processes;
}

const KIB = 1024;

describe('the ring', () => {
  test.each([
    ['128 KiB, 7.5 times a system-wide report of 64 processes', 128 * KIB, 64],
    ['16384 KiB, 114.3 times a system-wide report of 1075 processes', 16_384 * KIB, 1_075],
  ])('is fine with %s', async (found, bytes, processes) => {
    expect(await ringCheck(() => bytes, node(processes)).look()).toEqual({ status: 'ok', found });
  });

  test('is too small where a second report pushes out the first', async () => {
    expect(await ringCheck(() => 128 * KIB, node(900)).look()).toEqual({
      status: 'failed',
      found: '128 KiB, 1.1 times a system-wide report of 900 processes',
      fix: 'boot with log_buf_len=4M on the kernel’s command line',
    });
  });

  test('is not known where the kernel does not say, or hides the node’s processes', async () => {
    expect(await ringCheck(() => undefined, node(3)).look()).toMatchObject({ status: 'unknown' });
    const { processes } = fakeProcesses([SELF]);
    expect(await ringCheck(() => 128 * KIB, processes).look()).toEqual({
      status: 'unknown',
      found: '128 KiB; how many processes a report lists is not visible',
    });
  });

  test('is held against no less than what reports on record took', () => {
    const logs = globSync(join(import.meta.dirname, '../testdata/kmsg/*.kmsg'));
    const taken = logs.flatMap((file) => takenBy(readFileSync(file)));
    const rows = taken.flatMap(({ rows }) => rows);
    expect(rows.length).toBeGreaterThan(100);
    expect(Math.max(...rows)).toBeLessThanOrEqual(ROW_BYTES);
    const rest = Math.max(...taken.map(({ rest }) => rest));
    expect(rest).toBeGreaterThan(REPORT_BYTES / 2);
    expect(rest).toBeLessThanOrEqual(REPORT_BYTES);
  });
});

/** Bytes of the ring: of each row of a report's task table, and of everything else in it. */
interface Taken {
  readonly rows: number[];
  rest: number;
}

function takenBy(log: Buffer): readonly Taken[] {
  const reports: Taken[] = [];
  let report: Taken | undefined;
  for (const line of log.toString('latin1').split('\n')) {
    const record = parseRecord(Buffer.from(line, 'latin1'), { readAtMs: 0, live: false });
    if (record === undefined) continue;
    const known = readKernelLine(record.message);
    if (known?.kind === 'header') reports.push((report = { rows: [], rest: 0 }));
    const bytes = ringBytesOf(record.message);
    if (known?.kind === 'task-row') report?.rows.push(bytes);
    else if (report !== undefined) report.rest += bytes;
    if (known?.kind === 'kill') report = undefined;
  }
  return reports;
}

/** prb_reserve(): a block's id, the text, and the padding to the next eight bytes. */
function ringBytesOf(text: string): number {
  return Math.ceil((8 + text.length) / 8) * 8;
}
