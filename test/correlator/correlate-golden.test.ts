import { expect, test } from 'vitest';
import { EventCorrelator } from '../../src/correlator/correlate.ts';
import type { Decision } from '../../src/correlator/decision.ts';
import { encodePatch } from '../../src/correlator/event-patch.ts';
import {
  CLIENT_GO,
  makeTraceEvent,
  readTraces,
  type Trace,
  type TraceOutput,
} from '../support/golden-traces.ts';

/** A decision in the words of a trace; the bytes of a patch where the trace is about them. */
function toTraceOutput(trace: Trace, decision: Decision, { patchText }: TraceOutput): TraceOutput {
  if (decision.verb === 'skip') return { skip: true, firstMs: 0, lastMs: 0 };
  const startMs = Date.parse(trace.startAt);
  const { verb, event } = decision;
  return {
    skip: false,
    verb,
    eventName: event.metadata.name,
    count: event.count,
    ...(event.message !== '' && { message: event.message }),
    firstMs: event.firstTimestamp.getTime() - startMs,
    lastMs: event.lastTimestamp.getTime() - startMs,
    ...(verb === 'patch' && { patch: decision.patch }),
    ...(verb === 'patch' && patchText !== undefined && { patchText: encodePatch(decision.patch) }),
  };
}

test.each(readTraces())('decides as client-go does: %s', (_, trace) => {
  const correlator = new EventCorrelator({ ...CLIENT_GO, ...trace.options });
  const decided = trace.steps.map((step) => {
    const atMs = Date.parse(trace.startAt) + step.in.atMs;
    const decision = correlator.correlate(makeTraceEvent(trace, step.in), atMs);
    return { in: step.in, out: toTraceOutput(trace, decision, step.out) };
  });
  expect(decided).toEqual(trace.steps);
  expect(patchesOf(decided)).toEqual(patchesOf(trace.steps));
});

/** As JSON, for the order of the fields is part of a patch's bytes. */
function patchesOf(steps: Trace['steps']): string[] {
  return steps.map(({ out }) => JSON.stringify(out.patch));
}
