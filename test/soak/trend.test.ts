import { expect, test } from 'vitest';
import { type Sample, trendsOf } from './trend.ts';

const FLAT: Sample = {
  residentMb: 90,
  anonymousMb: 35,
  descriptors: 30,
  threads: 11,
  fileMb: 8,
};
const MINUTES = 60;

function samples(of: (minute: number) => Partial<Sample>): readonly Sample[] {
  return Array.from({ length: MINUTES }, (_, minute) => ({ ...FLAT, ...of(minute) }));
}

function growing(of: (minute: number) => Partial<Sample>): readonly string[] {
  return trendsOf(samples(of))
    .filter(({ isFlat }) => !isFlat)
    .map(({ what }) => what);
}

test('what stays the same, breathes, fills up in the beginning or becomes less does not grow', () => {
  expect(growing(() => ({}))).toEqual([]);
  expect(growing((n) => ({ residentMb: 90 + 8 * (n % 2), threads: 11 }))).toEqual([]);
  expect(growing((n) => ({ residentMb: Math.min(n, 19), fileMb: Math.min(n, 20) }))).toEqual([]);
  expect(growing((n) => ({ anonymousMb: 60 - n / 2, descriptors: 90 - n }))).toEqual([]);
});

test('a descriptor in ten minutes, a thread in an hour, 200 kB a minute do', () => {
  expect(growing((n) => ({ descriptors: 30 + Math.floor(n / 10) }))).toEqual(['descriptors']);
  expect(growing((n) => ({ threads: 11 + Number(n > 40) }))).toEqual(['threads']);
  expect(growing((n) => ({ residentMb: 90 + n / 5 }))).toEqual(['residentMb']);
});

test('what grew is told for the time after the warm-up', () => {
  const [resident] = trendsOf(samples((n) => ({ residentMb: n })));
  expect(resident?.grown).toBeCloseTo(39);
  expect(resident?.mean).toBeCloseTo(39.5);
});
