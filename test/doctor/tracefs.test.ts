import { describe, expect, test } from 'vitest';
import { tracefsCheck } from '../../src/doctor/tracefs.ts';
import { VictimTrace } from '../../src/tracefs/victim-trace.ts';
import { tempDirectory } from '../support/temp-directory.ts';

describe('the tracepoint', () => {
  test.each([
    [true, 'names and sizes'],
    [false, 'pids alone'],
  ])('is fine where it can be had, and tells what it tells', (tellsNames, told) => {
    expect(tracefsCheck('/sys/kernel/tracing', () => tellsNames).look()).toEqual({
      status: 'ok',
      found: `/sys/kernel/tracing has oom:mark_victim, which tells ${told}`,
    });
  });

  test('that is missing is told in the words of run', () => {
    const root = tempDirectory();
    const open = () => VictimTrace.probe({ root }, () => () => undefined);
    expect(() => tracefsCheck(root, open).look()).toThrow(
      `Opening the tracepoint oom:mark_victim in ${root}: there is no tracefs with that event.`,
    );
  });
});
