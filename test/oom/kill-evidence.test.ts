import { concat, from, NEVER, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { KillEvidence } from '../../src/oom/episode.ts';
import { joinFragments } from '../../src/oom/join-fragments.ts';
import { takeEvidence } from '../../src/oom/kill-evidence.ts';
import { NO_EVIDENCE, type RecordWithEvidence } from '../../src/oom/look-at-kills.ts';
import { KillLedger } from '../../src/oom/kill-ledger.ts';
import { FakeCounters } from '../support/fake-counters.ts';
import { kernelSays, type Said } from '../support/kernel-says.ts';
import {
  announcedLine,
  CONTAINER,
  groupLine,
  HEADER,
  killLine,
  oldKillLine,
  oomKillLine,
  POD,
} from '../support/oom-lines.ts';

const FOUND: KillEvidence = { cgroup: '/kubepods/pod', source: 'proc' };
const OTHER = `${POD}/${'b'.repeat(64)}`;
const after = (afterMs: number, message: string): Said => ({ afterMs, message });

/** No kill can have been before this, by the monotonic clock: ms. */
const EARLIEST_MS = 1000;

interface Asked {
  readonly live?: boolean;
  readonly earliestMs?: number | undefined;
  readonly found?: KillEvidence | undefined;
  readonly ledger?: KillLedger;
}

/** What the source is asked, and what becomes of each line. */
function take(lines: readonly Said[], { live = true, found, ledger, ...time }: Asked = {}) {
  const earliestMs = 'earliestMs' in time ? time.earliestMs : EARLIEST_MS;
  const asked: string[] = [];
  const items: RecordWithEvidence[] = [];
  const source = {
    evidenceOf: (pid: number, comm: string, sinceMs: number | undefined) => {
      asked.push(`${pid} ${comm} ${sinceMs}`);
      return found;
    },
    excludesGroup: (cgroup: string | undefined, oomMemcg: string | undefined) => {
      asked.push(`group? ${cgroup} ${oomMemcg}`);
      return cgroup === CONTAINER;
    },
    mainProcess: () => undefined,
    takeSnapshot: () => void asked.push('snapshot'),
    dropSnapshot: () => void asked.push('drop'),
  };
  const scheduler = new VirtualTimeScheduler();
  const keeping = ledger && { ledger, drainNow: () => undefined, scheduler };
  const records = kernelSays(...lines).map((record, at) => ({
    ...record,
    live,
    atMs: 0,
    lost: lost(lines[at]),
    ...(earliestMs !== undefined && { earliestMs }),
  }));
  concat(from(records), NEVER)
    .pipe(joinFragments(), takeEvidence(source, keeping))
    .subscribe((item) => items.push(item as RecordWithEvidence));
  return { asked, items };
}

function lost(said: Said | undefined): number {
  return typeof said === 'object' ? (said.lost ?? 0) : 0;
}

describe('the source is asked', () => {
  test('about each kill line, and about nothing else', () => {
    const { asked, items } = take([HEADER, killLine(7, 'a b')], { found: FOUND });
    expect(asked).toEqual(['snapshot', '7 a b 1000', 'group? /kubepods/pod undefined', 'snapshot']);
    expect(items.map(({ evidence }) => evidence)).toEqual([undefined, FOUND]);
  });

  test('about a kill that was read late, but not for groups, which may be others by now', () => {
    const { asked, items } = take([killLine(7, 'a')], { live: false, found: FOUND });
    expect(asked).toEqual(['7 a 1000', 'snapshot']);
    expect(items[0]).toMatchObject({ evidence: FOUND });
    expect(items[0]?.noGroup).toBe(false);
  });

  test('with what is known of the time of the kill, if only that nothing is', () => {
    const { asked } = take([killLine(7, 'a')], { live: false, earliestMs: undefined });
    expect(asked).toEqual(['7 a undefined']);
  });

  test('whether a group may follow, up to the limit that the kernel told', () => {
    const { asked, items } = take([oomKillLine(7, CONTAINER, POD), killLine(7)]);
    expect(asked).toContain(`group? ${CONTAINER} ${POD}`);
    expect(items[1]).toMatchObject({ noGroup: true });
  });
});

test('`drained` passes', () => {
  const drained = { kind: 'drained', atMs: 1 } as const;
  const items: unknown[] = [];
  from([drained])
    .pipe(takeEvidence(NO_EVIDENCE))
    .subscribe((item) => items.push(item));
  expect(items).toEqual([drained]);
});

describe('a group’s kills', () => {
  /** Two containers, and what the counters prove of the kill that comes last and is told by nobody. */
  function proved(lines: readonly Said[], found?: KillEvidence) {
    const counters = new FakeCounters(true);
    counters.make(POD, CONTAINER, OTHER);
    const ledger = new KillLedger(counters);
    ledger.drained();
    for (const { message } of kernelSays(...lines)) {
      if (message.includes('Killed process')) counters.kill(CONTAINER);
    }
    const { items } = take(lines, { ledger, found });
    const { reads } = counters;
    return { items, reads, waits: ledger.isWaiting };
  }

  test('are told by the kernel: no counter is asked, and nothing held back', () => {
    const lines = [HEADER, oomKillLine(7), killLine(7), groupLine(), killLine(7), killLine(8)];
    const { items, reads, waits } = proved(lines);
    expect(items).toHaveLength(lines.length);
    expect(items.every(({ evidence }) => evidence === undefined)).toBe(true);
    expect([reads, waits]).toEqual([1, false]);
  });

  test('without context are told by the line that follows the first', () => {
    const { reads, waits, items } = proved([killLine(7), groupLine(), killLine(7)]);
    expect(items).toHaveLength(3);
    expect([reads, waits]).toEqual([1, false]);
  });

  test('are over where the next kill is announced, without a context', () => {
    const next = [announcedLine(9), oldKillLine(9)];
    const lines = [killLine(7), groupLine(), killLine(7), ...next];
    expect(proved(lines).waits).toBe(true);
    expect(take(lines).asked.slice(-3, -1)).toEqual(['9 app 1000', 'group? undefined undefined']);
  });

  test('are over a second later: another kill is nobody’s yet', () => {
    const { waits } = proved([groupLine(), killLine(8), after(1001, killLine(9))]);
    expect(waits).toBe(true);
  });
});

describe('who is in which container is looked up', () => {
  test('with each report and behind each kill: more may follow, and be gone', () => {
    const { asked } = take([HEADER, killLine(7, 'a'), oomKillLine(7), groupLine()]);
    expect(asked).toEqual(['snapshot', '7 a 1000', 'group? undefined undefined', 'snapshot']);
  });

  test('for a report that is read late', () => {
    expect(take([HEADER], { live: false }).asked).toEqual(['snapshot']);
  });

  test('not for a kill of long ago', () => {
    expect(take([HEADER], { live: false, earliestMs: undefined }).asked).toEqual([]);
  });

  test('and what was seen forgotten where records were lost', () => {
    const { asked } = take([HEADER, { message: HEADER, lost: 1 }]);
    expect(asked).toEqual(['snapshot', 'drop', 'snapshot']);
  });
});
