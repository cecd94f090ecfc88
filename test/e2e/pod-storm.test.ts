import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CONTEXT_BURST, CONTEXT_INTERVAL_MS } from '../../src/oom/context-ratelimit.ts';
import { needsRoot } from '../support/needs-root.ts';
import { BLIND, claimsOf, podStorm, PROC } from '../support/pod-storm.ts';

const STORM = 25;

describe.skipIf(needsRoot())(
  '25 kills at once in 25 pods, each cgroup removed 200 ms later',
  () => {
    test.each([
      ['the dying processes and the counters', PROC],
      ['the counters alone', BLIND],
    ])('each pod’s container gets one Event, by %s', async (_, evidence) => {
      await sleep(CONTEXT_INTERVAL_MS);
      const storm = await podStorm(STORM, evidence);
      const { named, wrong } = claimsOf(storm);
      const withheld = storm.kills.filter(({ episode }) => episode.context === 'suppressed');
      expect(storm.truth.size).toBe(STORM);
      expect(storm.spanMs).toBeLessThan(CONTEXT_INTERVAL_MS);
      expect(withheld.length).toBeGreaterThanOrEqual(STORM - 2 * CONTEXT_BURST);
      expect(wrong).toEqual([]);
      expect(named.toSorted()).toEqual(storm.pods.map(({ name }) => `${name}/app`).toSorted());
    });
  },
);
