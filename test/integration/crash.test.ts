import { describe, expect } from 'vitest';
import { crashRounds, type CrashResult, crashFaults } from '../soak/crash-rounds.ts';
import { testWithCluster } from '../support/cluster.ts';

const test = testWithCluster();

/** The short form of `make crash-test`. */
const ROUNDS = 8;
const TIMEOUT_MS = 180_000;

function expectAllCounted(result: CrashResult): void {
  expect(result.kills).toBeGreaterThan(ROUNDS);
  expect(crashFaults(result)).toEqual([]);
}

describe('an agent that is killed again and again', () => {
  test('counts kills of many pods once each', { timeout: TIMEOUT_MS }, async ({ cluster }) => {
    expectAllCounted(await crashRounds(cluster, { rounds: ROUNDS, random: Math.random }));
  });

  test('counts what a cap held back', { timeout: TIMEOUT_MS }, async ({ cluster }) => {
    const capped = { rounds: ROUNDS, pods: 12, maxEventsPerMinute: 20, random: Math.random };
    expectAllCounted(await crashRounds(cluster, capped));
  });

  test('counts all kills of one container', { timeout: TIMEOUT_MS }, async ({ cluster }) => {
    expectAllCounted(await crashRounds(cluster, { rounds: ROUNDS, pods: 1, random: Math.random }));
  });
});
