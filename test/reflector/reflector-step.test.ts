import { describe, expect, test } from 'vitest';
import {
  advance,
  FIRST_STEP,
  type Progress,
  type ReflectorStep,
} from '../../src/reflector/reflector-step.ts';
import { podFailures } from '../support/pod-failures.ts';

const START = 1_000_000;
const listed: Progress = { kind: 'listed', resourceVersion: '7', skipped: [] };
const listedBut: Progress = { ...listed, skipped: ['too large', 'too large'] };
const opened: Progress = { kind: 'opened', atMs: START };

const failed = (how: keyof typeof podFailures, atMs = START, retryAfterMs?: number): Progress => ({
  kind: 'failed',
  atMs,
  err: podFailures[how](retryAfterMs),
});
const after = (...all: readonly Progress[]): ReflectorStep => all.reduce(advance, FIRST_STEP);
const WHEN = { none: '', short: ' soon', backoff: ' later' };
const asks = ({ request, pause }: ReflectorStep): string =>
  `${request.verb} ${request.resourceVersion || '""'}${WHEN[pause]}`;

describe('advance', () => {
  test.each<[string, readonly Progress[], string]>([
    ['begins with what the watch cache has', [], 'list 0'],
    ['watches from the list', [listed], 'watch 7'],
    ['asks again when the first list fails', [failed('unavailable')], 'list 0 later'],
    ['takes any error for a failure', [{ kind: 'failed', atMs: 0, err: 'boo' }], 'list 0 later'],
    ['lists from etcd when the cache has lost the version', [failed('expired')], 'list ""'],
    ['lists from etcd when the cache is behind', [failed('ahead')], 'list ""'],
    [
      'waits when etcd refuses too, and stays with etcd',
      [failed('ahead'), failed('unavailable')],
      'list "" later',
    ],
    ['waits when even etcd says Gone', [failed('expired'), failed('expired')], 'list "" later'],
    ['lists again when a watch is Gone', [listed, failed('expired')], 'list 7 later'],
    ['lists from etcd when a watch is ahead of it', [listed, failed('ahead')], 'list "" later'],
    ['watches again when throttled', [listed, failed('throttled')], 'watch 7 later'],
    [
      'lists again when the server was out of reach',
      [listed, failed('unavailable')],
      'list 7 later',
    ],
    [
      'lists again when the server could not be reached',
      [listed, failed('broken')],
      'list 7 later',
    ],
    [
      'lists again after what no API server says',
      [listed, opened, failed('garbled', START + 180_000)],
      'list 7 later',
    ],
    [
      'lists again after silence',
      [listed, opened, failed('silent', START + 180_000)],
      'list 7 later',
    ],
    [
      'resumes a watch that lasted',
      [listed, opened, { kind: 'closed', atMs: START + 1000 }],
      'watch 7',
    ],
    [
      'backs off from a watch that did not',
      [listed, opened, { kind: 'closed', atMs: START + 999 }],
      'list 7 later',
    ],
    [
      'backs off from a watch that never opened',
      [listed, { kind: 'closed', atMs: START }],
      'list 7 later',
    ],
    ['resumes a watch cut off', [listed, opened, failed('broken', START + 1000)], 'watch 7'],
    [
      'waits a little when it was cut off at once',
      [listed, opened, failed('broken', START + 10)],
      'list 7 soon',
    ],
    [
      'goes on from the last event',
      [listed, opened, { kind: 'event', resourceVersion: '9' }],
      'watch 9',
    ],
    [
      'is not moved by an event without a version',
      [listed, opened, { kind: 'event', resourceVersion: undefined }],
      'watch 7',
    ],
    [
      'goes past a change the directory throws at',
      [listed, opened, { kind: 'skipped', resourceVersion: '9', err: 'boo' }],
      'watch 9',
    ],
    [
      'is not moved by a change nobody could read',
      [listed, opened, { kind: 'skipped', err: 'too large' }],
      'watch 7',
    ],
    [
      'lists when a watch has ended, where pods were passed over',
      [listedBut, opened, { kind: 'closed', atMs: START + 300_000 }],
      'list 7',
    ],
    [
      'lists when a watch has ended, where a change was passed over',
      [
        listed,
        opened,
        { kind: 'skipped', err: 'too large' },
        { kind: 'closed', atMs: START + 1e6 },
      ],
      'list 7',
    ],
    [
      'lists when a watch was cut off, where pods were passed over',
      [listedBut, opened, failed('broken', START + 300_000)],
      'list 7 soon',
    ],
    [
      'lists when a watch was cut off, where a change was passed over',
      [listed, opened, { kind: 'skipped', err: 'too large' }, failed('broken', START + 300_000)],
      'list 7 soon',
    ],
    [
      'waits with that where the watch was no more than a moment',
      [listedBut, opened, { kind: 'closed', atMs: START + 999 }],
      'list 7 later',
    ],
  ])('%s', (_, all, next) => {
    expect(asks(after(...all))).toBe(next);
  });

  test('is synced from the first list on, live while a watch is open', () => {
    const states = [
      [listed],
      [listed, opened],
      [listed, opened, failed('broken', START + 5000)],
      [listed, opened, failed('broken', START + 5000), opened],
    ].map((all) => after(...all).state);
    expect(states.map(({ synced, live }) => [synced, live])).toEqual([
      [true, false],
      [true, true],
      [true, false],
      [true, true],
    ]);
    expect(states.at(-1)).toMatchObject({ lists: 1, watches: 2, failures: 1, skipped: 0 });
  });

  test('counts what was passed over by the last list and since', () => {
    const change: Progress = { kind: 'skipped', err: 'a change' };
    const { state } = after(listedBut, opened, change);
    expect(state).toMatchObject({ skipped: 3, lastError: 'a change' });
    const ended: Progress = { kind: 'closed', atMs: START + 300_000 };
    expect(after(listedBut, opened, change, ended, listed).state.skipped).toBe(0);
    expect(after(listedBut).state.lastError).toBe('too large');
  });

  test('counts failures in a row until a watch is open', () => {
    const failure = failed('unavailable');
    const inARow = (...all: readonly Progress[]): number => after(...all).state.failuresInARow;
    expect(inARow(failure, failure)).toBe(2);
    expect(inARow(failure, failure, listed)).toBe(2);
    expect(inARow(failure, failure, listed, opened)).toBe(0);
    expect(inARow(failure, listed, opened, failure)).toBe(1);
  });

  test('remembers the last error and how long the server asked to be left alone', () => {
    const step = after(listed, failed('throttled', START, 7000));
    expect(step.pauseAtLeastMs).toBe(7000);
    expect(step.state.lastError).toMatchObject({ status: 429 });
    expect(advance(step, opened).request).toEqual(step.request);
  });
});
