import { deepStrictEqual } from 'node:assert';
import * as fc from 'fast-check';
import type { DeviceRead } from '../../src/kmsg/record.ts';
import { plainlyTold, told } from '../support/both-ways.ts';
import { changedLog, readsOf } from './changed-log.ts';
import { asyncTarget, type FuzzTarget } from './fuzz-target.ts';

/** A log, how often it was drained, and where reading starts. */
const input = fc.record({
  log: changedLog,
  drainedEvery: fc.constantFrom(1, 3, 10, Infinity, Infinity),
  start: fc.oneof(
    fc.constant({ at: 'oldest' as const }),
    fc.record({ at: fc.constantFrom('cursor' as const, 'now' as const), behind: fc.nat(60) }),
  ),
  trustUserspace: fc.boolean(),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

/** What is dismissed by its bytes, and skipped, changes nothing that is told. */
export const skippedRecords: FuzzTarget = asyncTarget('skipped-records', input, async (one) => {
  const reads = deviceReads(one);
  const how = { startPoint: startPoint(one), trustUserspace: one.trustUserspace };
  deepStrictEqual(await told(reads, how), await plainlyTold(reads, how));
});

function deviceReads({ log, drainedEvery }: Input): readonly DeviceRead[] {
  return readsOf(log).flatMap((bytes, index): readonly DeviceRead[] => {
    const raw = { kind: 'raw', bytes, readAtMs: 0, live: index >= drainedEvery } as const;
    const isDrained = index % drainedEvery === drainedEvery - 1;
    return isDrained ? [raw, { kind: 'drained', atMs: index * 10 }] : [raw];
  });
}

function startPoint({ start, log }: Input) {
  if (start.at === 'oldest') return start;
  const [first = ''] = readsOf(log).map(String);
  return { at: start.at, sequence: Number(first.split(',')[1] ?? 0) + start.behind };
}
