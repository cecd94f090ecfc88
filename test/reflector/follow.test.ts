import * as fc from 'fast-check';
import { VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import { FakePodApi } from '../support/fake-pod-api.ts';
import { entryOf } from '../support/pod-json.ts';
import { podFailures } from '../support/pod-failures.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A directory that follows a fake API server, in virtual time. */
function setUp(random: () => number = () => 0.5, known: readonly PodEntry[] = []) {
  const scheduler = new VirtualTimeScheduler(VirtualAction, 0);
  const api = new FakePodApi(scheduler);
  const directory = new LiveDirectory(() => scheduler.now());
  directory.restore(known);
  const following = directory.follow(api, { random, scheduler });
  let live = false;
  directory.live$.subscribe((now) => (live = now));
  return {
    api,
    directory,
    following,
    isLive: () => live,
    pass: (ms: number): void => {
      scheduler.maxFrames += ms;
      scheduler.schedule(() => {}, ms); // its clock stands still where nothing happens
      scheduler.flush();
    },
    names: () =>
      directory
        .entries()
        .filter(({ deletedAtMs }) => deletedAtMs === undefined)
        .map(({ name }) => name)
        .toSorted(),
  };
}

type Followed = ReturnType<typeof setUp>;

describe('a directory that follows the API server', () => {
  test('costs an idle API server one list, and one watch in 5 to 10 minutes', () => {
    const { api, pass } = setUp();
    api.put('web');
    pass(60 * MINUTE);
    expect(api.requests.filter((request) => request.startsWith('list'))).toEqual(['list 0']);
    expect(api.requests).toHaveLength(1 + 8);
    expect(api.open).toBe(1);
  });

  test('knows of a change at once', () => {
    const { api, pass, names, isLive } = setUp();
    pass(SECOND);
    expect(isLive()).toBe(true);
    api.put('web');
    expect(names()).toEqual(['web']);
    api.delete('web');
    expect(names()).toEqual([]);
  });

  test.each<[string, (followed: Followed) => void, number]>([
    ['its watch is cut', ({ api }) => api.breakWatches(), SECOND],
    ['the history is compacted', ({ api }) => api.compact(), 6 * SECOND],
    ['etcd is emptied', ({ api }) => api.wipe(), 12 * SECOND],
    [
      'etcd is emptied while the server is away',
      ({ api, pass }) => {
        api.failWith(podFailures.broken());
        api.wipe();
        pass(10 * SECOND);
        api.failWith(undefined);
      },
      20 * SECOND,
    ],
    [
      'the server is away for an hour',
      ({ api, pass }) => {
        api.failWith(new Error('ECONNREFUSED'));
        api.breakWatches();
        pass(60 * MINUTE);
        api.failWith(undefined);
      },
      60 * SECOND,
    ],
    [
      'the token expires',
      ({ api, pass }) => {
        api.failWith(podFailures.unavailable());
        api.breakWatches();
        pass(5 * SECOND);
        api.failWith(undefined);
      },
      12 * SECOND,
    ],
    [
      'the connection is forgotten on the way',
      ({ api, pass }) => {
        api.fallSilent(true);
        api.put('unheard');
        pass(3 * MINUTE);
        api.fallSilent(false);
      },
      2 * MINUTE,
    ],
    [
      'the server is too busy',
      ({ api, pass }) => {
        api.failWith(podFailures.throttled(5000));
        api.breakWatches();
        pass(30 * SECOND);
        api.failWith(undefined);
      },
      30 * SECOND,
    ],
  ])('is right again after %s', (_, trouble, withinMs) => {
    const followed = setUp();
    const { api, pass, names, isLive } = followed;
    api.put('a');
    api.put('b');
    pass(SECOND * 3);
    trouble(followed);
    api.put('c');
    api.delete('a');
    pass(withinMs);
    expect(names()).toEqual(api.names());
    expect(isLive()).toBe(true);
    expect(api.open).toBe(1);
  });

  test('hears of a server whose versions went backwards though the watch is accepted', () => {
    const { api, pass, names } = setUp();
    for (let n = 0; n < 50; n += 1) api.put(`pod-${n}`);
    pass(5 * SECOND);
    api.wipe(0);
    api.put('only');
    pass(MINUTE);
    expect(names()).toHaveLength(50);
    // The resumed watch is ahead of the server and hears nothing: 3 minutes of silence give it away.
    pass(2 * MINUTE + 12 * SECOND);
    expect(names()).toEqual(['only']);
  });

  test('lists at its own moment of ten seconds after a restart, and knows its pods meanwhile', () => {
    const { api, pass, names } = setUp(() => 0.5, [entryOf({ name: 'web' })]);
    api.put('web');
    pass(5 * SECOND - 1);
    expect([api.requests, names()]).toEqual([[], ['web']]);
    pass(1);
    expect(api.requests).toEqual(['list 0']);
  });

  test('does not list in the same seconds as all the others who lost the server', () => {
    const agents = 200;
    const seconds = Array.from({ length: agents }, (_, n) => {
      const { api, pass } = setUp(() => n / agents);
      pass(5 * SECOND);
      api.failWith(new Error('ECONNREFUSED'));
      api.breakWatches();
      pass(0);
      api.failWith(undefined);
      const asked = api.requests.length;
      let waited = 0;
      for (; api.requests.length === asked; waited += 1) pass(SECOND);
      return waited;
    });
    const bySecond = [...Map.groupBy(seconds, (second) => second).values()];
    expect(Math.max(...bySecond.map(({ length }) => length))).toBeLessThanOrEqual(agents / 10);
  });

  test('goes on past objects that are no pods', () => {
    const { api, pass, names } = setUp();
    pass(SECOND);
    api.say('ADDED', { metadata: { resourceVersion: '900' } });
    api.say('MODIFIED', null);
    api.put('web');
    expect(names()).toEqual(['web']);
  });

  test('does not claim to know all pods while one is too large, and learns that it is gone', () => {
    const { api, directory, pass, names, isLive } = setUp();
    pass(SECOND);
    api.haveTooLarge(1);
    api.put('web');
    expect([directory.isComplete, directory.state.skipped]).toEqual([false, 1]);
    expect(names()).toEqual(['web']);
    pass(10 * MINUTE);
    expect([directory.isComplete, directory.state.skipped]).toEqual([false, 1]);

    api.haveTooLarge(0);
    expect(directory.state.skipped).toBe(2);
    pass(10 * MINUTE);
    expect([directory.isComplete, directory.state.skipped]).toEqual([true, 0]);
    expect([names(), isLive(), api.open]).toEqual([['web'], true, 1]);
    const lists = api.requests.filter((request) => request.startsWith('list'));
    pass(60 * MINUTE);
    expect(api.requests.filter((request) => request.startsWith('list'))).toEqual(lists);
  });

  test('leaves nothing open when it is left', () => {
    const { api, pass, following } = setUp();
    pass(SECOND);
    following.unsubscribe();
    expect(api.open).toBe(0);
    const requests = api.requests.length;
    pass(60 * MINUTE);
    expect(api.requests).toHaveLength(requests);
  });

  test('ends up right whatever happened, with one watch open', () => {
    const happenings: Readonly<Record<string, (followed: Followed) => void>> = {
      put: ({ api }) => api.put(`pod-${api.requests.length % 7}`),
      delete: ({ api }) => api.delete(`pod-${api.requests.length % 7}`),
      garbage: ({ api }) => api.say('ADDED', { metadata: 'none' }),
      grow: ({ api }) => api.haveTooLarge(1),
      shrink: ({ api }) => api.haveTooLarge(0),
      cut: ({ api }) => api.breakWatches(),
      error: ({ api }) => api.breakWatches(podFailures.unavailable()),
      compact: ({ api }) => api.compact(),
      wipe: ({ api }) => api.wipe(),
      fail: ({ api }) => api.failWith(new Error('refused')),
      work: ({ api }) => api.failWith(undefined),
      hush: ({ api }) => api.fallSilent(true),
      speak: ({ api }) => api.fallSilent(false),
    };
    const happening = fc.constantFrom(...Object.keys(happenings));
    const wait = fc.constantFrom(0, 10, SECOND, 30 * SECOND, 4 * MINUTE);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(happening, wait), { maxLength: 30 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (script, chance) => {
          const followed = setUp(() => chance);
          const { api, pass, names, isLive, following } = followed;
          for (const [name, ms] of script) {
            happenings[name]?.(followed);
            pass(ms);
          }
          api.failWith(undefined);
          api.fallSilent(false);
          pass(10 * MINUTE);
          if (!isLive()) pass(SECOND); // a watch is being renewed just now
          expect(names()).toEqual(api.names());
          expect(api.open).toBe(1);
          following.unsubscribe();
          expect(api.open).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
