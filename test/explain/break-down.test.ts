import { expect, test } from 'vitest';
import { accountedFor, breakDown } from '../../src/explain/break-down.ts';
import { episodesOf, recordingNames, recordsOf } from '../support/recordings.ts';

test('counts no memory twice, and tells what is not told', () => {
  const memory = {
    anonKb: 500,
    fileKb: 200,
    shmemKb: 150,
    kernelKb: 200,
    pagetablesKb: 50,
    slabKb: 100,
    kernelStackKb: 0,
    sockKb: 0,
  };
  expect(breakDown(memory, 1000)?.shares).toEqual([
    { what: 'anonymous', kb: 500, percent: 50 },
    { what: 'page cache', kb: 50, percent: 5 },
    { what: 'tmpfs, shared', kb: 150, percent: 15 },
    { what: 'page tables', kb: 50, percent: 5 },
    { what: 'slab', kb: 100, percent: 10 },
    { what: 'other kernel', kb: 50, percent: 5 },
    { what: 'not in the report', kb: 100, percent: 10 },
  ]);
});

test('does not call page cache what may be tmpfs', () => {
  expect(breakDown({ fileKb: 200 }, 1000)?.shares).toEqual([
    { what: 'page cache, tmpfs', kb: 200, percent: 20 },
    { what: 'not in the report', kb: 800, percent: 80 },
  ]);
});

test('is not there where nothing is told', () => {
  expect(breakDown({}, 1000)).toBeUndefined();
  expect(breakDown({ swapUsageKb: 5 }, 1000)).toBeUndefined();
  expect(breakDown({ anonKb: 5 }, 0)).toBeUndefined();
});

/** `MEMCG_CHARGE_BATCH` (mm/memcontrol.c), 64 pages: a CPU charges so much before it is used; of 4 MiB a sixteenth. */
const CHARGED_AHEAD_KB = 256;

test('of every recorded kernel accounts for nearly all of what was in use', () => {
  const shares = recordingNames
    .flatMap((name) => episodesOf(recordsOf(name)))
    .filter(({ context }) => context === 'full')
    .map(({ memory = {}, usageKb, limitLevel }) => ({
      limitLevel,
      anonKb: memory.anonKb,
      breakdown: breakDown(memory, usageKb ?? memory.totalKb ?? 0),
    }));
  expect(shares.length).toBeGreaterThan(300);
  // One path is too long for a record of 4.15, and the numbers behind it are in another.
  const told = shares.filter(({ anonKb }) => anonKb !== undefined);
  expect(told).toHaveLength(shares.length - 1);
  for (const { limitLevel, breakdown } of told) {
    const ahead = CHARGED_AHEAD_KB / (breakdown?.wholeKb ?? 1);
    const least = limitLevel === 'system' ? 0.88 : Math.min(0.95, 0.98 - ahead);
    expect(breakdown === undefined ? 0 : accountedFor(breakdown)).toBeGreaterThan(least);
    const sum = breakdown?.shares.reduce((total, { kb }) => total + kb, 0) ?? 0;
    expect(sum / (breakdown?.wholeKb ?? 1)).toBeLessThan(1.02);
  }
});
