import { describe, expect, test } from 'vitest';
import { readOptions } from './options.ts';

const KEPT = [{ seed: 42, seconds: 30 }];
const read = (...args: string[]) => readOptions(args, KEPT, () => 0.5);

test.each([
  ['nothing', [], [...KEPT, { seed: 500_000, seconds: 120 }]],
  ['a seed', ['--seed', '7', '--minutes', '0.5'], [{ seed: 7, seconds: 30 }]],
  ['seeds', ['--seeds', '3..4'], [3, 4].map((seed) => ({ seed, seconds: 120 }))],
  ['new ones', ['--times', '2'], [...KEPT, ...[1, 2].map(() => ({ seed: 500_000, seconds: 120 }))]],
])('asked for %s it plays that', (_, args, runs) => {
  expect(read(...args)).toEqual({ runs });
});

describe('wrong usage', () => {
  test.each([
    [['--seed', 'x'], 'It must be a whole number.'],
    [['--seeds', '20..1'], 'Write two numbers as 1..20.'],
    [['--seeds', '5'], 'Write two numbers as 1..20.'],
    [['--minutes', '0'], 'It must be a number above 0, 60 at most.'],
    [['--loud'], "unknown option '--loud'"],
    [['7'], 'too many arguments'],
  ])('%j is told what is wrong, and the usage', (args, why) => {
    const asked = read(...args);
    expect(asked).toMatchObject({ isWrong: true, said: expect.stringContaining(why) });
    expect(asked).toMatchObject({ said: expect.stringContaining('--seeds <from..to>') });
  });
});

test('--help is no mistake', () => {
  expect(read('--help')).toMatchObject({ isWrong: false });
});
