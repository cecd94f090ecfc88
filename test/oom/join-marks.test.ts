import * as fc from 'fast-check';
import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { MarkJoin } from '../../src/oom/join-marks.ts';
import { KillAudit, type MissingKills } from '../../src/oom/kill-audit.ts';
import { newTally } from '../../src/tally.ts';
import { VictimLines } from '../../src/tracefs/victim-lines.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { killLine } from '../support/oom-lines.ts';
import { prepared$, recordsOf } from '../support/recordings.ts';
import { FakeMarks, readTrace, tracedRecordings } from '../support/victim-traces.ts';

/** The kernel, its log, the tracepoint, and what is made of them. */
function surroundings() {
  const kernel = { total: 0 };
  const source = new FakeMarks();
  const tally = newTally();
  const marks = new MarkJoin(source, tally);
  const said: MissingKills[] = [];
  const audit = new KillAudit({
    total: () => kernel.total,
    tally,
    marks,
    onMissing: (_, missing) => said.push(missing),
  });
  let nowMs = 0;
  const compareOnce = (): void => void audit.quiet((nowMs += 1000));
  /** Often enough for a difference to be believed. */
  const compare = (): void => {
    for (let times = 0; times < 3; times += 1) compareOnce();
  };
  compare();
  const read = (pid: number): void => {
    tally.killLines += 1;
    prepared$(from(kernelSays(killLine(pid)))).subscribe((item) => marks.follow(item));
  };
  return {
    source,
    tally,
    marks,
    said,
    compareOnce,
    compare,
    read,
    /** `__oom_kill_process()`: counted, marked, printed. */
    kill: (pid: number): void => {
      kernel.total += 1;
      source.mark(pid);
    },
    /** The first victim of a group once more: it is marked already. */
    repeat: (): void => void (kernel.total += 1),
    lose: (): void => void (tally.lost += 1),
  };
}

/** Kill lines of a group's first victim, which is marked once. */
const REPEATED: Readonly<Record<string, number>> = {
  '4.15-v1': 0,
  '5.4-v1': 0,
  '6.1-v2': 1,
  '6.8-v2': 1,
  'x6.1-v2': 2,
};

const pidsOf = (said: readonly MissingKills[]): readonly number[] =>
  said.flatMap(({ victims }) => victims.map(({ pid }) => pid));

describe('victims of the tracepoint', () => {
  test('are the log’s own where it has their lines', () => {
    const { kill, read, compare, tally, said } = surroundings();
    for (const pid of [7, 8, 9]) kill(pid);
    for (const pid of [7, 8, 9]) read(pid);
    compare();
    expect(tally).toMatchObject({ marksJoined: 3, marksAlone: 0, marksNoKill: 0 });
    expect(said).toEqual([]);
  });

  test('are named where the log lost their lines', () => {
    const { kill, read, lose, compare, tally, said, marks } = surroundings();
    for (const pid of [7, 8, 9, 10]) kill(pid);
    read(7);
    lose();
    read(10);
    compare();
    expect(said).toEqual([{ kills: 2, victims: [{ pid: 8 }, { pid: 9 }] }]);
    expect(tally).toMatchObject({ marksJoined: 2, marksAlone: 2, marksNoKill: 0 });
    expect(marks.takeLost()).toEqual([{ pid: 8 }, { pid: 9 }]);
    expect(marks.takeLost()).toEqual([]);
  });

  test('are named where no record was lost, but not as lost', () => {
    const { kill, compare, said, marks } = surroundings();
    kill(7);
    compare();
    expect(said).toEqual([{ kills: 1, victims: [{ pid: 7 }] }]);
    expect(marks.takeLost()).toEqual([]);
  });

  test('that were exiting by themselves are no kills', () => {
    const { source, kill, read, compare, tally, said } = surroundings();
    source.mark(6);
    kill(7);
    read(7);
    source.mark(8);
    compare();
    expect(tally).toMatchObject({ marksJoined: 1, marksNoKill: 2 });
    expect(said).toEqual([]);
  });

  test('are some of several where one was exiting meanwhile', () => {
    const { source, kill, lose, compare, tally, said } = surroundings();
    kill(7);
    source.mark(8);
    lose();
    compare();
    expect(said).toEqual([{ kills: 1, victims: [{ pid: 7 }, { pid: 8 }] }]);
    expect(tally).toMatchObject({ marksAlone: 1, marksNoKill: 1 });
  });

  test('have two lines and one mark where they are a group’s first', () => {
    const { kill, repeat, read, compare, tally, said } = surroundings();
    kill(7);
    repeat();
    kill(8);
    for (const pid of [7, 7, 8]) read(pid);
    compare();
    expect(tally).toMatchObject({ marksJoined: 2, marksAlone: 0, marksNoKill: 0 });
    expect(said).toEqual([]);
  });

  test('are joined by order where a pid is somebody else’s by now', () => {
    const { kill, read, lose, compare, tally, said } = surroundings();
    kill(7);
    read(7);
    kill(7);
    lose();
    compare();
    expect(pidsOf(said)).toEqual([7]);
    expect(tally).toMatchObject({ marksJoined: 1, marksAlone: 1 });
  });

  test('wait for a line that is late', () => {
    const { kill, read, compareOnce, compare, tally, said } = surroundings();
    kill(7);
    compareOnce();
    read(7);
    compare();
    expect(tally).toMatchObject({ marksJoined: 1, marksAlone: 0, marksNoKill: 0 });
    expect(said).toEqual([]);
  });

  test('are counted where they were overwritten, or are too many to be kept', () => {
    const { source, marks, tally } = surroundings();
    source.lose(5);
    source.mark(...Array.from({ length: 1003 }, (_, pid) => pid));
    marks.look();
    expect(tally.marksLost).toBe(8);
    marks.settle();
    expect(tally.marksNoKill).toBe(1000);
  });

  test.each(tracedRecordings)('of recording %s are in its log, each of them', (name) => {
    const { format, data } = readTrace(name);
    const tally = newTally();
    const lines = new VictimLines(format);
    let isRead = false;
    const read = () => lines.take(isRead ? '' : ((isRead = true), data));
    const marks = new MarkJoin({ read }, tally);
    let killLines = 0;
    prepared$(from(recordsOf(name))).subscribe((item) => {
      marks.follow(item);
      if (item.kind === 'record' && item.line?.kind === 'kill') killLines += 1;
    });
    marks.settle();
    const marked = data.match(/: mark_victim: /g)?.length ?? 0;
    expect(tally).toMatchObject({ marksJoined: marked, marksNoKill: 0, marksLost: 0 });
    expect(killLines - marked).toBe(REPEATED[name]);
  });
});

/** What the kernel does: kills one or a group, marks somebody who exits by himself; and what is read of it. */
const STEPS = fc.array(
  fc.record({
    is: fc.constantFrom('kill', 'kill', 'kill', 'group', 'exit', 'read', 'compare'),
    isLost: fc.boolean(),
  }),
  { maxLength: 60, size: 'max' },
);

test('every mark is accounted for, every kill whose lines were lost is named, and nobody who was read', () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const { kill, repeat, read, lose, compare, source, tally, said } = surroundings();
      let [pid, marked, exited] = [100, 0, 0];
      const unread: { readonly pid: number; readonly isLost: boolean }[] = [];
      const lost = new Set<number>();
      const readAll = (): void => {
        for (const line of unread.splice(0)) {
          if (line.isLost) lose();
          else read(line.pid);
        }
      };
      for (const { is, isLost } of steps) {
        if (is === 'read' || is === 'compare') readAll();
        if (is === 'compare') compare();
        if (is === 'read' || is === 'compare') continue;
        pid += 1;
        marked += 1;
        if (is === 'exit') {
          exited += 1;
          source.mark(pid);
          continue;
        }
        kill(pid);
        if (is === 'group') repeat();
        for (let lines = is === 'group' ? 2 : 1; lines > 0; lines -= 1)
          unread.push({ pid, isLost });
        if (isLost) lost.add(pid);
      }
      readAll();
      compare();
      const { marksJoined, marksAlone, marksNoKill } = tally;
      expect(marksJoined + marksAlone + marksNoKill).toBe(marked);
      const named = pidsOf(said);
      expect(named).toHaveLength(new Set(named).size);
      expect(named).toEqual(expect.arrayContaining([...lost]));
      if (exited === 0) expect(named).toEqual([...lost]);
      expect(marksJoined).toBe(marked - exited - lost.size);
    }),
    { numRuns: 300 },
  );
});
