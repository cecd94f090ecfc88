import { map, type Observable, of, scan, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import type { DirectoryChange } from '../../src/reflector/list-and-watch.ts';
import type { PodApi, PodList, WatchEvent } from '../../src/reflector/list-and-watch.ts';
import type { ReflectorState } from '../../src/reflector/reflector-step.ts';
import { reflectPods } from '../../src/reflector/reflect-pods.ts';
import { podJson } from '../support/pod-json.ts';
import { podFailures } from '../support/pod-failures.ts';

/** As marbles: `o` opened, `a` applied, `d` deleted, `b` a bookmark. */
const EVENTS: Readonly<Record<string, WatchEvent>> = {
  o: { type: 'OPENED' },
  a: { type: 'ADDED', object: podJson({ name: 'a', resourceVersion: '11' }) },
  d: { type: 'DELETED', object: podJson({ name: 'a', resourceVersion: '12' }) },
  b: { type: 'BOOKMARK', object: { metadata: { resourceVersion: '13' } } },
};
const LIST: PodList = { pods: [], skipped: [], resourceVersion: '10' };
const BOOM = podFailures.unavailable();
const busy = (retryAfterMs: number): Observable<never> =>
  throwError(() => podFailures.throttled(retryAfterMs));
const NEVER_JITTER = { random: () => 0 };

/** Answers each request with the next of these, the last one for ever. Requests are logged with their time. */
class ScriptedApi implements PodApi {
  readonly log: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #lists: Observable<PodList>[];
  readonly #watches: Observable<WatchEvent>[];
  readonly #scheduler: TestScheduler;

  constructor(
    scheduler: TestScheduler,
    lists: readonly Observable<PodList>[],
    watches: readonly Observable<WatchEvent>[],
  ) {
    this.#scheduler = scheduler;
    this.#lists = [...lists];
    this.#watches = [...watches];
  }

  list(resourceVersion: string, signal: AbortSignal): Observable<PodList> {
    return this.#next(`list ${resourceVersion}`, signal, this.#lists);
  }

  watch(resourceVersion: string, seconds: number, signal: AbortSignal): Observable<WatchEvent> {
    return this.#next(`watch ${resourceVersion} ${seconds}s`, signal, this.#watches);
  }

  #next<T>(request: string, signal: AbortSignal, answers: Observable<T>[]): Observable<T> {
    this.log.push(`${this.#scheduler.now()} ${request}`);
    this.signals.push(signal);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer ?? throwError(() => BOOM);
  }
}

/** `s` synced, `l` live; a digit for each: `00`, `10`, `11`. */
const lights = map(({ synced, live }: ReflectorState) => `${Number(synced)}${Number(live)}`);
const LIGHTS = { n: '00', s: '10', l: '11' };

function testScheduler(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

describe('reflectPods', () => {
  test('lists once, watches from there, and resumes from the last event when the watch ends', () => {
    const scheduler = testScheduler();
    const kinds: string[] = [];
    scheduler.run(({ cold, expectObservable, flush }) => {
      const api = new ScriptedApi(
        scheduler,
        [cold('20ms (l|)', { l: LIST })],
        [cold('30ms o 999ms a 999ms d 999ms b 999ms |', EVENTS), cold('30ms o', EVENTS)],
      );
      const handle = ({ kind }: DirectoryChange): number => kinds.push(kind);
      const states$ = reflectPods(api, handle, { ...NEVER_JITTER, scheduler });
      // 20 listed; 50 opened; 4,050 ended; 4,080 opened again.
      expectObservable(states$.pipe(lights), '5s !').toBe('20ms s 29ms l 3999ms s 29ms l', LIGHTS);
      flush();
      expect(api.log).toEqual(['0 list 0', '20 watch 10 300s', '4050 watch 13 300s']);
      expect(kinds).toEqual(['replaced', 'applied', 'deleted']);
    });
  });

  test('never ends: back-off after each failure, longer and longer, up to half a minute', () => {
    const scheduler = testScheduler();
    scheduler.run(({ expectObservable, flush }) => {
      const api = new ScriptedApi(scheduler, [], []);
      const states$ = reflectPods(api, () => {}, { ...NEVER_JITTER, scheduler });
      const failures$ = states$.pipe(scan((count) => count + 1, 0));
      expectObservable(failures$, '85s !').toBe(
        'a 799ms b 1599ms c 3199ms d 6399ms e 12799ms f 25599ms g 29999ms h',
        { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8 },
      );
      flush();
      expect(new Set(api.log.map((line) => line.replace(/^\d+ /, '')))).toEqual(
        new Set(['list 0']),
      );
    });
  });

  test('replaces a watch that says nothing for three minutes, and aborts it', () => {
    const scheduler = testScheduler();
    scheduler.run(({ cold, expectObservable, flush }) => {
      const api = new ScriptedApi(
        scheduler,
        [cold('(l|)', { l: LIST })],
        [cold('o 59999ms b', EVENTS), cold('o', EVENTS)],
      );
      const states$ = reflectPods(api, () => {}, { ...NEVER_JITTER, scheduler });
      // The bookmark at 60 s is the last word: given up at 240 s, listed again 0.8 s later.
      expectObservable(states$.pipe(lights), '5m !').toBe('(sl) 239996ms s 799ms (sl)', LIGHTS);
      flush();
      expect(api.log.slice(2)).toEqual(['240800 list 13', '240800 watch 10 300s']);
      expect(api.signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true]);
    });
  });

  test('gives up a list that hangs for a minute', () => {
    const scheduler = testScheduler();
    scheduler.run(({ cold, expectObservable, flush }) => {
      const api = new ScriptedApi(scheduler, [cold('-'), cold('(l|)', { l: LIST })], [cold('-')]);
      const states$ = reflectPods(api, () => {}, { ...NEVER_JITTER, scheduler });
      expectObservable(states$.pipe(lights), '70s !').toBe('60s n 799ms s', LIGHTS);
      flush();
      expect(api.signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    });
  });

  test('stays away as long as the server asks, but not for ever', () => {
    const scheduler = testScheduler();
    scheduler.run(({ cold, expectObservable, flush }) => {
      const api = new ScriptedApi(
        scheduler,
        [cold('(l|)', { l: LIST })],
        [busy(7000), busy(86_400_000), cold('-')],
      );
      expectObservable(
        reflectPods(api, () => {}, { ...NEVER_JITTER, scheduler }),
        '7m !',
      );
      flush();
      expect(api.log.slice(1)).toEqual([
        '0 watch 10 300s',
        '7000 watch 10 300s',
        '307000 watch 10 300s',
      ]);
    });
  });

  test('spreads the renewals of a watch between 5 and 10 minutes', () => {
    const scheduler = testScheduler();
    scheduler.run(({ cold, expectObservable, flush }) => {
      const api = new ScriptedApi(scheduler, [cold('(l|)', { l: LIST })], [cold('o', EVENTS)]);
      expectObservable(
        reflectPods(api, () => {}, { random: () => 0.999, scheduler }),
        '1s !',
      );
      flush();
      expect(api.log[1]).toBe('0 watch 10 599s');
    });
  });

  test('passes over a change the directory throws at, and asks again for a list it throws at', () => {
    const scheduler = testScheduler();
    scheduler.run(({ cold, expectObservable, flush }) => {
      const api = new ScriptedApi(
        scheduler,
        [cold('(l|)', { l: LIST })],
        [cold('o 9ms a 9ms d', EVENTS)],
      );
      const refused = ['replaced', 'applied'];
      const handled: string[] = [];
      const handle = ({ kind }: DirectoryChange): void => {
        if (refused.includes(kind))
          throw new Error(refused.splice(refused.indexOf(kind), 1).join());
        handled.push(kind);
      };
      const states$ = reflectPods(api, handle, { ...NEVER_JITTER, scheduler });
      const counts$ = states$.pipe(map(({ failures, skipped }) => `${failures} ${skipped}`));
      expectObservable(counts$, '2s !').toBe('a 799ms (bc) 6ms d', {
        a: '1 0',
        b: '1 0',
        c: '1 0',
        d: '1 1',
      });
      flush();
      expect(handled).toEqual(['replaced', 'deleted']);
    });
  });

  test('survives an API that throws instead of failing', () => {
    const scheduler = testScheduler();
    scheduler.run(({ expectObservable }) => {
      const api: PodApi = {
        list: () => {
          throw new Error('boom');
        },
        watch: () => of(),
      };
      const states$ = reflectPods(api, () => {}, { ...NEVER_JITTER, scheduler });
      expectObservable(states$.pipe(lights), '1s !').toBe('n 799ms n', LIGHTS);
    });
    expect.assertions(1);
  });

  test('starts afresh for each subscriber, and lets go of everything when it is left', () => {
    const scheduler = testScheduler();
    scheduler.run(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const watch = cold('o', EVENTS);
      const api = new ScriptedApi(scheduler, [cold('(l|)', { l: LIST })], [watch]);
      const states$ = reflectPods(api, () => {}, { ...NEVER_JITTER, scheduler });
      expectObservable(states$, '^ 9ms !');
      expectObservable(states$, '5ms ^ 9ms !');
      expectSubscriptions(watch.subscriptions).toBe(['^ 9ms !', '5ms ^ 9ms !']);
      flush();
      expect(api.log.map((line) => line.split(' ')[1])).toEqual(['list', 'watch', 'list', 'watch']);
      expect(api.signals.every(({ aborted }) => aborted)).toBe(true);
    });
  });
});
