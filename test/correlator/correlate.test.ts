import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventCorrelator } from '../../src/correlator/correlate.ts';
import type { CorrelatorOptions } from '../../src/correlator/correlator-options.ts';
import { observationOf } from '../../src/correlator/count-events.ts';
import type { WriteDecision } from '../../src/correlator/decision.ts';
import { eventKey } from '../../src/correlator/event-keys.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';
import { EventServer } from '../support/event-server.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';
import { correlatorOptions, type Kill, killStream } from '../support/kill-streams.ts';
import { StateTable } from '../support/state-table.ts';

/** Later than any stream lasts, and than any token needs. */
const LATE_MS = START_MS + 10_000_000_000;

function subjectOf({ involvedObject, reason }: RecordedEvent): string {
  return `${involvedObject.name} ${involvedObject.fieldPath} ${reason}`;
}

/** How often each subject was killed. */
function killsBySubject(kills: readonly Kill[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { event } of kills) sums[subjectOf(event)] = (sums[subjectOf(event)] ?? 0) + 1;
  return sums;
}

/** How many kills each subject's Events count. */
function countsBySubject(server: EventServer): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const event of server.events.values()) {
    sums[subjectOf(event)] = (sums[subjectOf(event)] ?? 0) + event.count;
  }
  return sums;
}

/** Correlates, and catches up before each kill. */
function run(correlator: EventCorrelator, kills: readonly Kill[], server: EventServer): void {
  for (const { event, atMs } of kills) {
    for (const decision of correlator.catchUp(atMs)) server.apply(decision);
    server.apply(correlator.correlate(event, atMs));
  }
}

/** Lets a timer run whenever the correlator asks for one. */
function drain(correlator: EventCorrelator, server: EventServer): void {
  let atMs = correlator.nextCatchUpAtMs();
  for (; atMs !== undefined; atMs = correlator.nextCatchUpAtMs()) {
    const decisions = correlator.catchUp(atMs);
    expect(decisions).not.toEqual([]);
    for (const decision of decisions) server.apply(decision);
  }
}

test('in the end the counts add up to the number of kills, for every subject', () => {
  fc.assert(
    fc.property(correlatorOptions, killStream, (options, kills) => {
      const { keyFunc: _, ...ours } = options;
      const correlator = new EventCorrelator(ours);
      const server = new EventServer();
      run(correlator, kills, server);
      drain(correlator, server);
      expect(countsBySubject(server)).toEqual(killsBySubject(kills));
    }),
    { numRuns: 300 },
  );
});

test('the counts add up with the keys of client-go and a timer that is late too', () => {
  fc.assert(
    fc.property(correlatorOptions, killStream, (options, kills) => {
      const correlator = new EventCorrelator(options);
      const server = new EventServer();
      for (const { event, atMs } of kills) server.apply(correlator.correlate(event, atMs));
      drain(correlator, server);
      expect(server.sum()).toBe(kills.length);
    }),
    { numRuns: 300 },
  );
});

test('one that is killed and restored after every step decides as one that lives on', () => {
  const anyOptions = fc
    .tuple(correlatorOptions, fc.boolean())
    .map(([options, catchUp]): CorrelatorOptions => ({ ...options, catchUp }));
  fc.assert(
    fc.property(anyOptions, killStream, (options, kills) => {
      const table = new StateTable();
      const living = new EventCorrelator(options);
      for (const [step, { event, atMs }] of kills.entries()) {
        const restored = new EventCorrelator(options, table.rows());
        expect(restored.nextCatchUpAtMs()).toEqual(living.nextCatchUpAtMs());
        const timers = step % 3 === 0 ? [atMs] : [];
        const [written, expected] = [restored, living].map((one) =>
          timers.flatMap((timerMs) => one.catchUp(timerMs)),
        );
        expect(written).toEqual(expected);
        expect(restored.correlate(event, atMs)).toEqual(living.correlate(event, atMs));
        table.apply(restored.takeChanges());
      }
      const restored = new EventCorrelator(options, table.rows());
      expect(restored.catchUp(LATE_MS)).toEqual(living.catchUp(LATE_MS));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['each with a message of its own', (id: number) => `killed process ${id}`],
  ['all with the same message', () => 'killed process'],
])('40 kills in 20 s, 601 s of quiet and 9 more, %s, count 49', (_, messageOf) => {
  const timesMs = [
    ...Array.from({ length: 40 }, (_, i) => i * 500),
    ...Array.from({ length: 9 }, (_, i) => 19_500 + 601_000 + i * 100),
  ];
  const kills = timesMs.map((atMs, id) => {
    return { event: killEvent({ atMs, id, message: messageOf(id) }), atMs: START_MS + atMs };
  });
  const correlator = new EventCorrelator();
  const server = new EventServer();
  run(correlator, kills.slice(0, 40), server);
  expect(server.sum()).toBe(25);
  run(correlator, kills.slice(40), server);
  drain(correlator, server);
  expect(server.sum()).toBe(49);
  expect(correlator.nextCatchUpAtMs()).toBeUndefined();
});

test('says of what it skips why, and of what kind it is', () => {
  const correlator = new EventCorrelator({ burstSize: 1 });
  correlator.correlate(killEvent({ atMs: 0, id: 1 }), START_MS);
  const skipped = correlator.correlate(killEvent({ atMs: 0, id: 2 }), START_MS);
  expect(skipped).toEqual({ verb: 'skip', reason: 'held', eventReason: 'OOMKilling' });
});

test('needs no timer while nothing is skipped', () => {
  const correlator = new EventCorrelator();
  for (let id = 0; id < 25; id += 1) correlator.correlate(killEvent({ atMs: 0, id }), START_MS);
  expect(correlator.nextCatchUpAtMs()).toBeUndefined();
  correlator.correlate(killEvent({ atMs: 0, id: 25 }), START_MS);
  expect(correlator.nextCatchUpAtMs()).toBe(START_MS + 300_000);
  expect(correlator.catchUp(START_MS + 299_999)).toEqual([]);
  expect(correlator.catchUp(START_MS + 300_000)).toHaveLength(1);
  expect(correlator.nextCatchUpAtMs()).toBeUndefined();
});

test('writes at once what there is no room to hold, so that no kill vanishes', () => {
  const correlator = new EventCorrelator({ burstSize: 1, lruCacheSize: 2 });
  const verbs = ['a', 'b', 'c', 'c'].flatMap((container, id) => {
    const kill = (n: number) => killEvent({ atMs: 0, id: id * 2 + n, container });
    const decide = (n: number) => correlator.correlate(kill(n), START_MS).verb;
    return [[decide(0), decide(1)]];
  });
  expect(verbs).toEqual([
    ['create', 'skip'],
    ['create', 'skip'],
    ['create', 'create'],
    ['create', 'create'],
  ]);
});

test('what was written is known by its own key too', () => {
  const correlator = new EventCorrelator({ maxEvents: 1 });
  const decision = correlator.correlate(killEvent({ atMs: 0, id: 1 }), START_MS);
  const { event } = decision as WriteDecision;
  const known = correlator.takeChanges().filter(({ kind }) => kind === 'observation');
  expect(known.map(({ key }) => key)).toContain(eventKey(event));
  expect(known.map(({ value }) => value)).toEqual([observationOf(event), observationOf(event)]);
});

test('its state does not grow with the number of kills, whether or not it is stored', () => {
  const correlator = new EventCorrelator({ lruCacheSize: 16 });
  const table = new StateTable();
  for (let id = 0; id < 20_000; id += 1) {
    const kill = killEvent({ atMs: id, id, container: `c-${Math.floor(id / 40) % 40}` });
    correlator.correlate(kill, START_MS + id);
    if (id < 10_000) table.apply(correlator.takeChanges());
  }
  const aggregatesObservationsBucketsAndHeld = 4 * 16;
  const changes = correlator.takeChanges();
  expect(changes.length).toBeLessThanOrEqual(2 * aggregatesObservationsBucketsAndHeld + 1);
  table.apply(changes);
  expect(table.rows().length).toBeLessThanOrEqual(aggregatesObservationsBucketsAndHeld + 1);
});
