import { describe, expect } from 'vitest';
import { kernelCrashRounds, wrongKills } from '../soak/kernel-crash-rounds.ts';
import { testWithCluster } from '../support/cluster.ts';
import { needsRoot } from '../support/needs-root.ts';

const test = testWithCluster();

/** The short form of `make crash-test`: one storm is in it. */
const ROUNDS = 6;
const TIMEOUT_MS = 240_000;

describe.skipIf(needsRoot())('an agent that is killed again and again', () => {
  test('has every real kill in one Event', { timeout: TIMEOUT_MS }, async ({ cluster }) => {
    const result = await kernelCrashRounds(cluster, { rounds: ROUNDS, random: Math.random });
    expect(result.kills.length).toBeGreaterThan(ROUNDS);
    expect(wrongKills(result)).toEqual([]);
  });
});
