import { expect, test } from 'vitest';
import { Dice } from './dice.ts';

const some = (dice: Dice): number[] => Array.from({ length: 1000 }, () => dice.next());

test('a seed and a stream repeat what they said', () => {
  expect(some(new Dice(7, 'kills'))).toEqual(some(new Dice(7, 'kills')));
});

test('another seed or another stream says something else', () => {
  const one = some(new Dice(7, 'kills'));
  expect(some(new Dice(8, 'kills'))).not.toEqual(one);
  expect(some(new Dice(7, 'pods'))).not.toEqual(one);
});

test('numbers are spread over all there are', () => {
  const dice = new Dice(1, '');
  const drawn = Array.from({ length: 10_000 }, () => dice.between(0, 10));
  for (let number = 0; number < 10; number += 1) {
    const count = drawn.filter((one) => one === number).length;
    expect(Math.abs(count - 1000)).toBeLessThan(150);
  }
});

test('what weighs nothing never comes', () => {
  const dice = new Dice(2, '');
  const words = Array.from({ length: 1000 }, () => dice.weigh({ often: 9, never: 0, seldom: 1 }));
  expect(words).not.toContain('never');
  const often = words.filter((word) => word === 'often').length;
  expect(often).toBeGreaterThan(850);
  expect(often).toBeLessThan(950);
});
