import { expect } from 'vitest';
import { stormEachMinute } from '../soak/storm-each-minute.ts';
import { trendsOf } from '../soak/trend.ts';
import { testWithCluster } from '../support/cluster.ts';

const test = testWithCluster();

/** The short form of `make soak ARGS='--minutes 60'`: what a storm, or a kill, leaves open shows after seconds; memory and files need the long one. */
const PLAN = { storms: 12, everyMs: 500, killsEach: 20, pods: 20 };
/** Posts and a scrape may be under way. */
const IN_FLIGHT = 5;

test(
  'storm after storm leaves no descriptor and no thread behind',
  { timeout: 180_000 },
  async ({ cluster }) => {
    const { kills, recorded, samples } = await stormEachMinute(cluster, PLAN);
    expect(recorded).toBe(kills);
    const grown = Object.fromEntries(trendsOf(samples).map((each) => [each.what, each.grown]));
    expect(grown['descriptors']).toBeLessThan(IN_FLIGHT);
    expect(grown['threads']).toBeLessThan(1);
  },
);
