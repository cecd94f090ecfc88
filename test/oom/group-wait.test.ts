import { expect, test } from 'vitest';
import { groupWaitMs, keepPace, measurePace, UNKNOWN_PACE } from '../../src/oom/group-wait.ts';

const ms = (...between: readonly number[]) =>
  between.reduce((pace, each) => measurePace(pace, each * 1000), UNKNOWN_PACE);

test.each([
  ['a fast console: the least', ms(1, 4, 0.3), 20],
  ['the slowest line counts, twice', ms(1, 30, 4), 60],
  ['a console that stands still: the most', ms(5000), 1000],
  ['nothing known: the most', UNKNOWN_PACE, 1000],
  ['the next report, before it has shown its own pace', keepPace(ms(30)), 60],
  ['the next report, when it has', measurePace(keepPace(ms(30)), 1000), 20],
  ['the next report of nothing known', keepPace(UNKNOWN_PACE), 1000],
])('%s', (_, pace, waitMs) => {
  expect(groupWaitMs(pace)).toBe(waitMs);
});
