import { describe, expect, test } from 'vitest';
import type { MemoryStatistics } from '../../src/oom/episode.ts';
import { anEpisode } from '../support/an-episode.ts';
import { adviceOf, aSystemEpisode, ofCgroup, ofNode } from '../support/explained.ts';

/** The limit of `anEpisode`, all of it in use. */
const WHOLE = 524_288;

const said = (rule: string, memory: MemoryStatistics | undefined) =>
  adviceOf(rule, anEpisode({ memory }));

describe.each([
  ['tmpfs', 0.2, (kb: number) => ({ shmemKb: kb })],
  ['page-tables', 0.1, (kb: number) => ({ pagetablesKb: kb })],
  ['kernel-memory', 0.25, (kb: number) => ({ kernelKb: kb })],
  ['sockets', 0.1, (kb: number) => ({ sockKb: kb })],
] as const)('%s', (rule, share, memory) => {
  test('speaks from its share on, and names it', () => {
    const text = said(rule, memory(Math.ceil(WHOLE * share)));
    expect(text).toContain(`(${share * 100} %)`);
  });

  test('says nothing below it', () => {
    expect(said(rule, memory(Math.floor(WHOLE * share) - 1))).toBeUndefined();
  });

  test('says nothing without numbers', () => {
    expect(said(rule, {})).toBeUndefined();
    expect(said(rule, undefined)).toBeUndefined();
    const unknown = anEpisode({ usageKb: undefined, memory: memory(WHOLE) });
    expect(adviceOf(rule, unknown)).toBeUndefined();
  });

  test('speaks of a node as well', () => {
    expect(adviceOf(rule, aSystemEpisode({ memory: ofNode(memory(8_000_000)) }))).toBeDefined();
    expect(adviceOf(rule, aSystemEpisode())).toBeUndefined();
  });
});

describe('kernel-memory', () => {
  test('names the half of it that is of one kind', () => {
    expect(said('kernel-memory', { kernelKb: 300_000, slabKb: 200_000 })).toContain(
      'most of it slab',
    );
    expect(said('kernel-memory', { kernelKb: 300_000, kernelStackKb: 200_000 })).toContain(
      'stacks of threads',
    );
    expect(said('kernel-memory', { kernelKb: 300_000, slabKb: 100_000 })).not.toContain('most of');
  });

  test('leaves page tables to their own rule', () => {
    const memory = { kernelKb: 300_000, pagetablesKb: 290_000 };
    expect(said('kernel-memory', memory)).toBeUndefined();
    expect(said('page-tables', memory)).toBeDefined();
  });
});

describe('swap-full', () => {
  test.each([
    [1000, 1000],
    [950, 1000],
  ])('%s of %s kB', (swapUsageKb, swapLimitKb) => {
    expect(said('swap-full', { swapUsageKb, swapLimitKb })).toContain('Swap was full');
  });

  test.each([
    [949, 1000],
    [0, 0],
    [1000, undefined],
    [undefined, 1000],
  ])('not %s of %s kB', (swapUsageKb, swapLimitKb) => {
    expect(said('swap-full', { swapUsageKb, swapLimitKb })).toBeUndefined();
  });
});

describe('no-page-cache', () => {
  test('tells how little was left', () => {
    expect(said('no-page-cache', ofCgroup())).toContain('no page cache was left');
    expect(said('no-page-cache', ofCgroup({ fileKb: 24 }))).toContain('only 24Ki of page cache');
  });

  test('does not take tmpfs for page cache', () => {
    const memory = ofCgroup({ anonKb: 10_000, fileKb: 500_000, shmemKb: 500_000 });
    expect(said('no-page-cache', memory)).toContain('no page cache was left');
  });

  test.each([
    ['there was some', ofCgroup({ anonKb: 490_000, fileKb: 20_000 })],
    ['the page cache is not told', ofCgroup({ fileKb: undefined })],
    ['tmpfs is not told', ofCgroup({ shmemKb: undefined })],
    ['a part of the statistics is missing', ofCgroup({ anonKb: 400_000 })],
    ['no statistics', undefined],
  ])('says nothing: %s', (_why, memory) => {
    expect(said('no-page-cache', memory)).toBeUndefined();
  });

  test('says nothing of a node that had memory left', () => {
    const memory = ofNode({ freeKb: 4_000_000, anonKb: 4_000_000 });
    expect(adviceOf('no-page-cache', aSystemEpisode({ memory }))).toBeUndefined();
    expect(adviceOf('no-page-cache', aSystemEpisode())).toBeDefined();
  });
});
