import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CountedRecord } from '../../src/kmsg/count-lost.ts';
import { advance } from '../../src/oom/advance-assembly.ts';
import { type Assembly, resumeAfter } from '../../src/oom/assembly.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import { endIfQuiet, skip, stayOpen } from '../../src/oom/report-clock.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { groupLine, HEADER, killLine, oomKillLine } from '../support/oom-lines.ts';

/** What is known behind these lines, and behind a look that found the log empty. */
function behind(lines: readonly string[], isDrained: boolean): Assembly {
  const records = kernelSays(...lines).map((record) => ({
    ...record,
    atMs: 0,
    lost: 0,
    line: readKernelLine(record.message),
  }));
  const known = records.reduce<Assembly>(advance, resumeAfter([]));
  return isDrained ? advance(known, { kind: 'drained', atMs: 42 }) : known;
}

const [{ monotonicUs: beganUs }] = kernelSays(HEADER) as [CountedRecord];
const lines = fc.constantFrom(
  [],
  [HEADER],
  [HEADER, oomKillLine(7)],
  [HEADER, oomKillLine(7), killLine(7)],
  [HEADER, oomKillLine(7), killLine(7), groupLine()],
);
/** Some go backwards: of another log. */
const stepMs = fc.constantFrom(0, 1, 19, 20, 1_000, 4_999, 5_000, 30_000, -40_000);

test('a run of records that say nothing is as each of them', () => {
  fc.assert(
    fc.property(
      lines,
      fc.boolean(),
      fc.array(stepMs, { maxLength: 30 }),
      (said, isDrained, steps) => {
        const known = behind(said, isDrained);
        let nowUs = beganUs;
        const timesUs = steps.map((ms) => (nowUs += ms * 1000));
        const oneByOne = timesUs.reduce((open, us) => stayOpen(endIfQuiet(open, us), us), known);
        expect(skip(known, timesUs)).toEqual(oneByOne);
      },
    ),
    { numRuns: 2000 },
  );
});
