import { expect } from 'vitest';
import type { CliRun } from './fake-edge.ts';

export type Episode = Readonly<Record<string, unknown>>;

/** What a replay with `-o ndjson` said of its episodes, but for when and in which place of the log. */
export function timeless({ stdout }: CliRun): readonly Episode[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { id, time, sequence, monotonicUs, ...episode } = JSON.parse(line) as Episode;
      if (time !== undefined) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      expect([id, typeof sequence, typeof monotonicUs]).toEqual([
        `oom-${String(sequence)}`,
        'number',
        'number',
      ]);
      return episode;
    });
}
