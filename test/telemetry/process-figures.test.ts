import { describe, expect, test } from 'vitest';
import { processFigures } from '../../src/telemetry/process-figures.ts';

const FAKE = {
  cpuUsage: () => ({ user: 1_500_000, system: 500_000 }),
  memoryUsage: () => ({ rss: 90, heapUsed: 20, external: 1 }),
  uptime: () => 10,
};

describe('the figures of a process', () => {
  test('are in base units, and it started when it did', () => {
    let nowMs = 60_000;
    const figures = processFigures(
      FAKE,
      () => nowMs,
      () => 7,
    );
    nowMs = 90_000;
    expect(figures()).toEqual({
      cpuSeconds: 2,
      startTimeSeconds: 50,
      residentBytes: 90,
      heapUsedBytes: 20,
      externalBytes: 1,
      openFds: 7,
    });
  });
});
