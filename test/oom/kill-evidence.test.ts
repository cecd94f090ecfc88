import { from } from 'rxjs';
import { expect, test } from 'vitest';
import { takeEvidence, type WitnessedRecord } from '../../src/oom/kill-evidence.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { HEADER, killLine, oomKillLine } from '../support/oom-lines.ts';

const FOUND = { cgroup: '/kubepods/pod', source: 'proc' } as const;

function testify(lines: readonly string[], live = true, found: typeof FOUND | undefined = FOUND) {
  const asked: string[] = [];
  const evidence: unknown[] = [];
  const witness = {
    testify: (pid: number, comm: string) => {
      asked.push(`${pid} ${comm}`);
      return found;
    },
  };
  from(kernelSays(...lines).map((record) => ({ ...record, live, atMs: 0, lost: 0 })))
    .pipe(takeEvidence(witness))
    .subscribe((item) => evidence.push((item as WitnessedRecord).evidence));
  return { asked, evidence };
}

test('the witness is asked about each kill line, and about nothing else', () => {
  expect(testify([HEADER, oomKillLine(7), killLine(7, 'a b')])).toEqual({
    asked: ['7 a b'],
    evidence: [undefined, undefined, FOUND],
  });
});

test('a pid in an old record may be somebody else by now', () => {
  expect(testify([killLine(7)], false)).toEqual({ asked: [], evidence: [undefined] });
});

test('`drained` passes', () => {
  const drained = { kind: 'drained', atMs: 1 } as const;
  const items: unknown[] = [];
  from([drained])
    .pipe(takeEvidence({ testify: () => FOUND }))
    .subscribe((item) => items.push(item));
  expect(items).toEqual([drained]);
});
