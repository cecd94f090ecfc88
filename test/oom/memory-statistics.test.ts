import { describe, expect, test } from 'vitest';
import { readMemoryStatistics } from '../../src/oom/memory-statistics.ts';
import { episodesOf, recordsOf } from '../support/recordings.ts';

const LIMITED = { usageKb: 20_480, limitKb: 20_480, pageKb: 4 };
const NO_LIMIT = '9007199254740988kB';

function memoryOf(recording: string, sequence: number) {
  return episodesOf(recordsOf(recording)).find((episode) => episode.sequence === sequence)?.memory;
}

describe('of a recorded kernel is read', () => {
  test('4.15, a line for each cgroup', () => {
    expect(memoryOf('4.15-v1', 508)).toEqual({
      anonKb: 20_196,
      fileKb: 0,
      shmemKb: 0,
      kernelKb: 60,
      swapUsageKb: 0,
    });
  });

  test('5.4, one record of many lines', () => {
    expect(memoryOf('5.4-v1', 541)).toMatchObject({ anonKb: 20_328, kernelKb: 68, sockKb: 0 });
  });

  test('6.8, a record each', () => {
    expect(memoryOf('6.8-v2', 591)).toMatchObject({
      anonKb: 20_424,
      kernelKb: 56,
      pagetablesKb: 52,
      swapLimitKb: 0,
    });
  });

  test('6.18, the names of cgroup v1', () => {
    expect(memoryOf('linux-6.18-cgroup1-single', 2119)).toMatchObject({
      anonKb: 20_348,
      kernelKb: 132,
    });
  });

  test('6.1, the system', () => {
    expect(memoryOf('debian-6.1-cgroup2-scenarios', 1131)).toEqual({
      totalKb: 205_200,
      freeKb: 2436,
      anonKb: 173_436,
      fileKb: 2692,
      shmemKb: 2692,
      unevictableKb: 0,
      slabKb: 16_864,
      pagetablesKb: 404,
      kernelStackKb: 752,
      hugepagesKb: 0,
      swapUsageKb: 0,
      swapLimitKb: 0,
    });
  });

  test('4.15, the system, without a task table', () => {
    expect(memoryOf('4.15-v1', 2390)).toMatchObject({ totalKb: 359_580, freeKb: 2920 });
  });
});

test('every full report of a recording has its statistics, but one', () => {
  const full = ['4.15-v1', '5.4-v1', '6.1-v2', '6.8-v2', 'node-6.12-storm']
    .flatMap((name) => episodesOf(recordsOf(name)))
    .filter(({ context }) => context === 'full');
  expect(full.length).toBeGreaterThan(150);
  const without = full.filter(({ memory }) => memory?.anonKb === undefined);
  // Its path is too long for a record of 4.15, and the numbers behind it are in another.
  expect(without.map(({ victim }) => victim.comm)).toEqual(['verylong']);
});

describe('a cgroup', () => {
  test('has the sum of those below it, before 5.0', () => {
    const lines = [
      'Memory cgroup stats for /a: cache:8KB rss:100KB shmem:8KB swap:0KB',
      'Memory cgroup stats for /a/b: cache:4KB rss:50KB shmem:0KB swap:0KB',
    ];
    expect(readMemoryStatistics(lines, LIMITED)).toMatchObject({
      anonKb: 150,
      fileKb: 12,
      shmemKb: 8,
    });
  });

  test.each([
    'Memory cgroup stats for ',
    'Memory cgroup stats for /a/very/long/pa',
    'Memory cgroup stats for /a/c:',
  ])('has no sum where one of them is cut: %s', (cut) => {
    const lines = ['Memory cgroup stats for /a: cache:8KB rss:100KB shmem:8KB', cut];
    const statistics = readMemoryStatistics(
      [...lines, `kmem: usage 4kB, limit ${NO_LIMIT}, `],
      LIMITED,
    );
    expect(statistics).toEqual({ kernelKb: 4 });
  });

  test('is not believed by its name', () => {
    const lines = [
      'Memory cgroup stats for /a: cache:9999KB rss:9999KB: cache:8KB rss:100KB shmem:8KB',
    ];
    expect(readMemoryStatistics(lines, LIMITED)).toMatchObject({ anonKb: 100, fileKb: 8 });
    const named = ['Memory cgroup stats for /a: cache:9999KB rss:9999KB:'];
    expect(readMemoryStatistics(named, LIMITED)).toEqual({});
  });

  test('has the same whether a record holds one line or all', () => {
    const all = 'anon 4096\nfile 8192\nkernel 4096\nshmem 4096\nworkingset_refault 3';
    expect(readMemoryStatistics([all], LIMITED)).toEqual(
      readMemoryStatistics(all.split('\n'), LIMITED),
    );
  });

  test.each([
    ['swap: usage 12kB, limit 64kB, failcnt 0', 12, 64],
    ['swap: usage 12kB, limit 9007199254740988kB, failcnt 0', 12, undefined],
    ['memory+swap: usage 20500kB, limit 30720kB, failcnt 0', 20, 10_240],
    [`memory+swap: usage 20500kB, limit ${NO_LIMIT}, failcnt 0`, 20, undefined],
    // Before 5.0 cgroup v2 prints the counter and does not charge it.
    [`memory+swap: usage 0kB, limit ${NO_LIMIT}, failcnt 0`, undefined, undefined],
  ])('%s', (line, swapUsageKb, swapLimitKb) => {
    expect(readMemoryStatistics([line], LIMITED)).toMatchObject({ swapUsageKb, swapLimitKb });
  });

  test('takes a kmem counter of 0 for one that nobody charges', () => {
    const line = `kmem: usage 0kB, limit ${NO_LIMIT}, failcnt 0`;
    expect(readMemoryStatistics([line], LIMITED)?.kernelKb).toBeUndefined();
  });
});

test('a cgroup is not taken for the system where its usage is lost', () => {
  const lines = ['anon 8192\nfile 0\npagetables 4096\nshmem 0\ninactive_anon 0\nactive_anon 8192'];
  expect(readMemoryStatistics(lines, { pageKb: 4 })).toMatchObject({ anonKb: 8, pagetablesKb: 4 });
});

describe('the system', () => {
  const COUNTS = 'active_anon:10 inactive_anon:90 isolated_anon:0';
  const REST = ' mapped:1 shmem:20 pagetables:3 bounce:0';

  test('has pages of the size that its free lists have', () => {
    const lines = [`${COUNTS}\n${REST}`, 'Node 0 DMA: 3*64kB (M) 1*128kB = 320kB'];
    expect(readMemoryStatistics(lines, {})).toMatchObject({ anonKb: 80 * 64, pagetablesKb: 192 });
  });

  test('is the same with a record for each line', () => {
    expect(readMemoryStatistics([COUNTS, REST], { pageKb: 4 })).toEqual(
      readMemoryStatistics([`${COUNTS}\n${REST}`], { pageKb: 4 }),
    );
  });

  test('has no sizes where no page size is known, and its swap', () => {
    const lines = [`${COUNTS}\n${REST}`, 'Free swap  = 4kB', 'Total swap = 64kB', '9 pages RAM'];
    const statistics = readMemoryStatistics(lines, {});
    expect(statistics).toMatchObject({ swapUsageKb: 60, swapLimitKb: 64 });
    expect(statistics?.anonKb).toBeUndefined();
    expect(statistics?.totalKb).toBeUndefined();
  });

  test('adds up what its nodes set aside', () => {
    const lines = [
      COUNTS,
      'Node 0 hugepages_total=2 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB',
      'Node 1 hugepages_total=1 hugepages_free=1 hugepages_surp=0 hugepages_size=1048576kB',
    ];
    expect(readMemoryStatistics(lines, {})).toMatchObject({ hugepagesKb: 4096 + 1_048_576 });
  });
});

test('nothing is read of nothing', () => {
  expect(readMemoryStatistics([], LIMITED)).toBeUndefined();
  expect(readMemoryStatistics(['Node 0 something'], LIMITED)).toBeUndefined();
});
