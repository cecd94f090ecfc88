import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { kernelSays } from '../support/kernel-says.ts';
import { HEADER, NO_KILLABLE } from '../support/oom-lines.ts';
import { episodesOf } from '../support/recordings.ts';
import { simulatedOoms, simulateKernel, type SimulatedDeath } from '../support/simulated-kernel.ts';

/** A report without a kill, long before: what comes first after the start may be half a report. */
const WARM_UP = [HEADER, NO_KILLABLE, { message: 'usb', afterMs: 10_000 }];

function brief({ victim, members, taskMemcg, context }: OomEpisode): SimulatedDeath {
  const pids = [victim, ...members].map(({ pid }) => pid).toSorted((a, b) => a - b);
  return { pids, cgroup: taskMemcg, isSuppressed: context === 'suppressed' };
}

test('every group is one episode, with its members and no others, whoever was exiting', () => {
  fc.assert(
    fc.property(simulatedOoms, (ooms) => {
      const { lines, deaths } = simulateKernel(ooms);
      const episodes = episodesOf(kernelSays(...WARM_UP, ...lines));
      const truth = deaths.map((death) => ({
        ...death,
        pids: death.pids.toSorted((a, b) => a - b),
      }));
      expect(episodes.map((episode) => brief(episode))).toEqual(truth);
    }),
    { numRuns: 500 },
  );
});
