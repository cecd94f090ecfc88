import { expect } from 'vitest';
import { planOf } from '../chaos/plan.ts';
import { playChaos } from '../chaos/play.ts';
import { testWithCluster } from '../support/cluster.ts';
import { needsTmpfs } from '../support/mounted-disk.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const test = testWithCluster();

/** The short form of `make chaos`: a seed in which much of what may go wrong does so in ten seconds. */
const SEED = 2861;
const FOR_MS = 10_000;
const TIMEOUT_MS = 240_000;

test(
  'kills are counted whatever goes wrong meanwhile',
  { timeout: TIMEOUT_MS },
  async ({ cluster }) => {
    const plan = planOf(SEED, FOR_MS);
    const directory = tempDirectory();
    const result = await playChaos(cluster, plan, { directory, canMount: !needsTmpfs() });
    expect(result.kills).toBeGreaterThan(20);
    expect(result.wrong).toEqual([]);
  },
);
