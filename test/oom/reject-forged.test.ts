import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { countLost, type CountedRecord } from '../../src/kmsg/count-lost.ts';
import { rejectForged } from '../../src/oom/reject-forged.ts';
import { kernelSays, type Said } from '../support/kernel-says.ts';
import { HEADER, killLine } from '../support/oom-lines.ts';

function pass(trustUserspace: boolean, ...lines: readonly Said[]) {
  const tally = { forged: 0 };
  const out: CountedRecord[] = [];
  from(kernelSays(...lines).map((record) => ({ ...record, atMs: 0 })))
    .pipe(countLost(), rejectForged(tally, trustUserspace))
    .subscribe((item) => item.kind === 'record' && out.push(item));
  return { out, forged: tally.forged };
}

const byProcess = (message: string, lost = 0): Said => ({ message, facility: 1, lost });

describe('rejectForged', () => {
  test('lets the kernel’s own records through', () => {
    expect(pass(false, HEADER, killLine(7))).toMatchObject({ out: [{}, {}], forged: 0 });
  });

  test('counts what a process wrote as if it were the kernel', () => {
    const { out, forged } = pass(false, byProcess(HEADER), byProcess(killLine(1)));
    expect({ out, forged }).toEqual({ out: [], forged: 2 });
  });

  test('drops what a process wrote of something else, and does not call it forged', () => {
    expect(pass(false, byProcess('systemd[1]: started'))).toEqual({ out: [], forged: 0 });
  });

  test('hands a gap before a rejected record to the next one', () => {
    const { out } = pass(false, 'a', byProcess('b', 3), { message: 'c', lost: 2 }, 'd');
    expect(out.map(({ message, lost }) => [message, lost])).toEqual([
      ['a', 0],
      ['c', 5],
      ['d', 0],
    ]);
  });

  test('believes everybody where it was told to', () => {
    const { out, forged } = pass(true, byProcess(killLine(1)));
    expect({ passed: out.length, forged }).toEqual({ passed: 1, forged: 0 });
  });
});
