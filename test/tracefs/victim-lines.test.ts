import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VictimLines } from '../../src/tracefs/victim-lines.ts';
import { readTrace, tracedRecordings } from '../support/victim-traces.ts';

const { format: PID_ALONE } = readTrace('6.8-v2');
const { format: WITH_NAMES } = readTrace('6.1-v2');

/** As print_trace_line() does, with the name of the task that allocated before it. */
function printed(pid: number, comm: string, by = 'java'): string {
  const sizes = 'total-vm=4kB anon-rss=3kB file-rss:2kB shmem-rss:1kB';
  const rest = `${sizes} uid=1000 pgtables=44kB oom_score_adj=-997`;
  return `${by.padStart(16)}-94      [000] .N.1.    38.113185: mark_victim: pid=${pid} comm=${comm} ${rest}\n`;
}

function pidsIn(lines: VictimLines, text: string): readonly number[] {
  return lines.take(text).victims.map(({ pid }) => pid);
}

describe('the lines of oom:mark_victim', () => {
  test.each(tracedRecordings)('of recording %s are read by its own format', (name) => {
    const { format, data } = readTrace(name);
    const lines = new VictimLines(format);
    const { victims, lost } = lines.take(data);
    expect(victims).toHaveLength(data.match(/: mark_victim: pid=/g)?.length ?? 0);
    expect(victims.length).toBeGreaterThan(10);
    expect(lost).toBe(0);
    expect(victims.every(({ comm }) => (comm !== undefined) === lines.tellNames)).toBe(true);
  });

  test('have the pid alone before 6.9, where a stable kernel has no more', () => {
    const lines = new VictimLines(PID_ALONE);
    expect(lines.tellNames).toBe(false);
    expect(lines.take('stress-91 [001] ...1. 4.646355: mark_victim: pid=91\n').victims).toEqual([
      { pid: 91, markedUs: 4_646_355 },
    ]);
  });

  test('have the name, the sizes and the score since', () => {
    const lines = new VictimLines(WITH_NAMES);
    expect(lines.tellNames).toBe(true);
    expect(lines.take(printed(7, 'jävä')).victims[0]).not.toMatchObject({ comm: 'jävä' });
    expect(lines.take(printed(7, Buffer.from('jävä').toString('latin1'))).victims).toEqual([
      {
        pid: 7,
        markedUs: 38_113_185,
        comm: 'jävä',
        uid: 1000,
        totalVmKb: 4,
        anonRssKb: 3,
        fileRssKb: 2,
        shmemRssKb: 1,
        pgtablesKb: 44,
        oomScoreAdj: -997,
      },
    ]);
  });

  test('have no time where the host’s tracing prints none', () => {
    const lines = new VictimLines(PID_ALONE);
    expect(lines.take('mark_victim: pid=9\n').victims).toEqual([{ pid: 9 }]);
    expect(lines.take('    0us : mark_victim: pid=9\n').victims).toEqual([{ pid: 9 }]);
  });

  test('may come in pieces', () => {
    const lines = new VictimLines(WITH_NAMES);
    const text = printed(7, 'a\nb') + printed(8, '');
    const pids = [...text].flatMap((byte) => pidsIn(lines, byte));
    expect(pids).toEqual([7, 8]);
  });

  test('say how many were overwritten, where the kernel knows', () => {
    const lines = new VictimLines(PID_ALONE);
    const text =
      'CPU:1 [LOST 38 EVENTS]\nx-9 [001] d 1.0: mark_victim: pid=9\nCPU:0 [LOST EVENTS]\n';
    expect(lines.take(text)).toMatchObject({ victims: [{ pid: 9 }], lost: 39 });
  });

  test('of other events are passed over, however many', () => {
    const lines = new VictimLines(PID_ALONE);
    const other = 'x-9 [001] d 1.0: tracing_mark_write: hello\n';
    expect(lines.take(other.repeat(10_000)).victims).toEqual([]);
    expect(pidsIn(lines, ': mark_victim: pid=3\n')).toEqual([3]);
  });

  test('cannot be forged by the 15 bytes of a name', () => {
    const name = fc.oneof(
      fc.constantFrom(
        '\nx: pid=1 comm=',
        ' total-vm=1kB',
        '\nmark_victim: p',
        'mark_victim: pi',
        ' comm=a total-v',
        'CPU:1 [LOST 9 E',
      ),
      fc.string({ unit: fc.constantFrom(...' \n=:pid1comtal-vkB'), maxLength: 15 }),
      fc.string({ unit: 'binary-ascii', maxLength: 15 }).filter((text) => !text.includes('\0')),
    );
    const marks = fc.array(fc.record({ pid: fc.nat(), comm: name, by: name }), { maxLength: 20 });
    fc.assert(
      fc.property(marks, (all) => {
        const lines = new VictimLines(WITH_NAMES);
        const text = all.map(({ pid, comm, by }) => printed(pid, comm, by)).join('');
        const { victims, lost } = lines.take(text);
        expect(victims.map(({ pid, comm }) => ({ pid, comm }))).toEqual(
          all.map(({ pid, comm }) => ({ pid, comm })),
        );
        expect(lost).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('are refused where the format says of no pid', () => {
    for (const format of ['', 'print fmt: "%s", __get_str(comm)', 'print fmt: "pid=%d", 1'])
      expect(() => new VictimLines(format)).toThrow('its format has no pid');
  });
});
