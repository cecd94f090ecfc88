import * as fc from 'fast-check';
import type { CorrelatorOptions } from '../../src/correlator/correlator-options.ts';
import { aggregateByReason, spamKeyByObject } from '../../src/correlator/event-keys.ts';
import { killEvent, START_MS } from './kill-event.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';

/** A kill and its wall time. */
export interface Kill {
  readonly event: RecordedEvent;
  readonly atMs: number;
}

/** Gaps around everything that matters: the token interval, the aggregate interval, a clock set back. */
const gapMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 3, arbitrary: fc.constantFrom(1000, 30_000, 299_999, 300_000, 300_001) },
  { weight: 2, arbitrary: fc.constantFrom(600_000, 600_001, 3_600_000) },
  { weight: 1, arbitrary: fc.constantFrom(-3000, -1, -100_000_000) },
);

const killSpec = fc.record({
  gapMs,
  pod: fc.constantFrom('pod-1', 'pod-2', 'pod-3'),
  container: fc.constantFrom('app', 'sidecar'),
  reason: fc.constantFrom('OOMKilling', 'OOMKilling', 'KernelLogOverrun'),
  message: fc.constantFrom(undefined, undefined, 'message 1', 'message 2'),
});

/** Streams of kills, most of them with a message of their own. */
export const killStream: fc.Arbitrary<Kill[]> = fc
  .array(killSpec, { minLength: 1, maxLength: 80, size: 'max' })
  .map((specs) => {
    let atMs = 0;
    return specs.map(({ gapMs, message, ...spec }, id) => {
      atMs += gapMs;
      const told = message === undefined ? spec : { ...spec, message };
      return { event: killEvent({ ...told, atMs, id }), atMs: START_MS + atMs };
    });
  });

/** Options that reach every limit within a short stream. */
export const correlatorOptions: fc.Arbitrary<CorrelatorOptions> = fc.record(
  {
    lruCacheSize: fc.constantFrom(1, 2, 3, 6),
    burstSize: fc.constantFrom(1, 2, 3, 5),
    qps: fc.constantFrom(0.5, 1 / 7, 1 / 60),
    maxEvents: fc.constantFrom(1, 2, 3, 4),
    maxIntervalInSeconds: fc.constantFrom(1, 30, 120),
    keyFunc: fc.constant(aggregateByReason),
    spamKeyFunc: fc.constant(spamKeyByObject),
  },
  { requiredKeys: [] },
);
