import { expect, test } from 'vitest';
import { EventCorrelator } from '../../src/correlator/correlate.ts';
import type { CorrelatorOptions } from '../../src/correlator/correlator-options.ts';
import type { Decision } from '../../src/correlator/decision.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';

/** `<verb> <count>x <message>` */
function inWords(decision: Decision): string {
  if (decision.verb === 'skip') return `skip ${decision.reason}`;
  return `${decision.verb} ${decision.event.count}x ${decision.event.message}`;
}

/** What becomes of these messages, all at once, and what is written later at which second. */
function storm(options: CorrelatorOptions, messages: readonly string[]) {
  const correlator = new EventCorrelator(options);
  const now = messages.map((message, id) => {
    return inWords(correlator.correlate(killEvent({ atMs: 0, id, message }), START_MS));
  });
  const later: string[] = [];
  let atMs = correlator.nextCatchUpAtMs();
  for (; atMs !== undefined; atMs = correlator.nextCatchUpAtMs()) {
    const second = (atMs - START_MS) / 1000;
    later.push(...correlator.catchUp(atMs).map((decision) => `${second}: ${inWords(decision)}`));
  }
  return { now, later };
}

test('an Event that exists is brought to its newest count by one patch', () => {
  expect(storm({ burstSize: 2 }, ['a', 'a', 'a', 'a', 'a'])).toEqual({
    now: ['create 1x a', 'patch 2x a', 'skip held', 'skip held', 'skip held'],
    later: ['300: patch 5x a'],
  });
});

test('those never created become one combined Event', () => {
  expect(storm({ burstSize: 1 }, ['a', 'b', 'c', 'c'])).toEqual({
    now: ['create 1x a', 'skip held', 'skip held', 'skip held'],
    later: ['300: create 3x (combined from similar events): c'],
  });
});

test('one that was never created and has no others with it is created as it is', () => {
  expect(storm({ burstSize: 1 }, ['a', 'b', 'b']).later).toEqual(['300: create 2x b']);
});

test('each token writes one, the oldest first', () => {
  expect(storm({ burstSize: 2 }, ['a', 'b', 'b', 'c', 'a', 'd']).later).toEqual([
    '300: patch 2x b',
    '600: create 2x (combined from similar events): d',
    '900: patch 2x a',
  ]);
});

test('the combined Event is the one its group goes on with', () => {
  const options = { burstSize: 1, maxEvents: 3 };
  const correlator = new EventCorrelator(options);
  const correlate = (atMs: number, id: number) =>
    inWords(correlator.correlate(killEvent({ atMs, id, message: `${id}` }), START_MS + atMs));
  for (const id of [1, 2, 3, 4]) correlate(0, id);
  expect(correlator.catchUp(START_MS + 300_000).map((decision) => inWords(decision))).toEqual([
    'create 3x (combined from similar events): 4',
  ]);
  expect(correlate(600_000, 5)).toBe('patch 4x (combined from similar events): 5');
});

test('with catching up off what is skipped is forgotten', () => {
  expect(storm({ burstSize: 1, catchUp: false }, ['a', 'b'])).toEqual({
    now: ['create 1x a', 'skip dropped'],
    later: [],
  });
});

test('who comes while others wait does not get their token', () => {
  const correlator = new EventCorrelator({ burstSize: 1 });
  for (const id of [1, 2]) correlator.correlate(killEvent({ atMs: 0, id }), START_MS);
  const third = killEvent({ atMs: 300_000, id: 3 });
  expect(correlator.correlate(third, START_MS + 300_000).verb).toBe('skip');
  expect(correlator.catchUp(START_MS + 300_000)).toMatchObject([
    { verb: 'create', event: { count: 2 } },
  ]);
});

test('a timer that is late writes what one in time would have written', () => {
  const correlators = [
    new EventCorrelator({ burstSize: 1 }),
    new EventCorrelator({ burstSize: 1 }),
  ];
  const [punctual, late] = correlators.map((correlator, index) => {
    for (const [id, message] of ['a', 'b', 'a'].entries()) {
      correlator.correlate(killEvent({ atMs: 0, id, message }), START_MS);
    }
    const timesMs = index === 0 ? [300_000, 600_000] : [9_000_000];
    return timesMs.flatMap((atMs) => correlator.catchUp(START_MS + atMs));
  });
  expect(punctual).toHaveLength(2);
  expect(late).toEqual(punctual);
});

test('a container whose bucket is forgotten waits no longer', () => {
  const correlator = new EventCorrelator({ burstSize: 1, lruCacheSize: 2 });
  for (const [id, container] of ['a', 'a', 'b', 'c'].entries()) {
    correlator.correlate(killEvent({ atMs: 0, id, container }), START_MS);
  }
  expect(correlator.nextCatchUpAtMs()).toBe(START_MS);
});

test('what the node has no room for is held, whatever tokens there are, and takes none of them', () => {
  const correlator = new EventCorrelator({ burstSize: 1 });
  const kill = (id: number, room: number) =>
    inWords(correlator.correlate(killEvent({ atMs: 0, id, message: 'a' }), START_MS, room));
  expect([kill(1, 0), kill(2, 0)]).toEqual(['skip capped', 'skip capped']);
  expect(correlator.nextCatchUpAtMs()).toBe(START_MS);
  expect(correlator.catchUp(START_MS, 0)).toEqual([]);
  expect(correlator.catchUp(START_MS, 1).map((each) => inWords(each))).toEqual(['create 2x a']);
  expect(kill(3, 1)).toBe('skip held');
});

test('as many are written as there is room for: first of who has no Event, then of who was written about least recently', () => {
  const correlator = new EventCorrelator({});
  const kill = (id: number, container: string, second: number, room: number) => {
    const atMs = second * 1000;
    const event = killEvent({ atMs, id, container, message: container });
    return inWords(correlator.correlate(event, START_MS + atMs, room));
  };
  expect([kill(1, 'a', 0, 1), kill(2, 'b', 1, 1)]).toEqual(['create 1x a', 'create 1x b']);
  for (const [n, container] of ['b', 'a', 'c', 'b'].entries()) kill(3 + n, container, 2, 0);
  const catchUp = (room: number) =>
    correlator.catchUp(START_MS + 60_000, room).map((decision) => inWords(decision));
  expect(catchUp(2)).toEqual(['create 1x c', 'patch 2x a']);
  expect(catchUp(2)).toEqual(['patch 3x b']);
});

test('where as many are held as may be, one more is written all the same', () => {
  const correlator = new EventCorrelator({ lruCacheSize: 2 });
  const verbs = ['a', 'b', 'c', 'a'].map((container, id) => {
    const event = killEvent({ atMs: 0, id, container });
    return correlator.correlate(event, START_MS, 0).verb;
  });
  expect(verbs).toEqual(['skip', 'skip', 'create', 'skip']);
});
