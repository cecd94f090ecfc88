import { Subject } from 'rxjs';
import { beforeEach, expect, test } from 'vitest';
import { FIRST_STEP, type ReflectorState } from '../../src/reflector/reflector-step.ts';
import { reportWatch, skippedPods, watchProblem } from '../../src/reflector/watch-report.ts';
import { MemoryLog } from '../support/memory-log.ts';

let log: MemoryLog;
let state: ReflectorState;
let state$: Subject<ReflectorState>;

beforeEach(() => {
  log = new MemoryLog();
  ({ state } = FIRST_STEP);
  state$ = new Subject();
  reportWatch(state$, log);
});

function becomes(change: Partial<ReflectorState>): void {
  state = { ...state, ...change };
  state$.next(state);
}

function fails(why: string): void {
  const failures = state.failures + 1;
  const failuresInARow = state.failuresInARow + 1;
  becomes({ live: false, failures, failuresInARow, lastError: new Error(why) });
}

function opens(): void {
  becomes({ live: true, failuresInARow: 0 });
}

const said = (): string[] => log.lines.map(({ level, message }) => `${level} ${message}`);
const LOST = 'warn cannot list or watch the pods of this node: kills wait for that';
const FOUND = 'info the pods of this node are watched again';

test('an API server that cannot be had is said once, with the reason, and again when it is back', () => {
  fails('refused');
  fails('forbidden');
  fails('forbidden');
  becomes({ synced: true });
  opens();
  expect(said()).toEqual([LOST, FOUND]);
  expect(log.lines[0]?.facts).toMatchObject({ err: { message: 'forbidden' } });
  fails('gone');
  fails('gone');
  expect(said()).toEqual([LOST, FOUND, LOST]);
});

test('a watch that is opened again at once is not worth a word', () => {
  for (let times = 0; times < 5; times += 1) {
    opens();
    fails('cut');
  }
  expect(said()).toEqual([]);
});

test('a change that was passed over is', () => {
  opens();
  becomes({ skipped: 1, lastError: new Error('odd') });
  becomes({ lists: 2 });
  expect(said()).toEqual(['warn a pod that the API server told was passed over']);
  expect(log.lines[0]?.facts).toMatchObject({ skipped: 1, err: { message: 'odd' } });
});

test('pods that are passed over are said once, and again when none is', () => {
  opens();
  for (const skipped of [1, 2, 2, 0]) becomes({ skipped });
  becomes({ lists: 3 });
  expect(said()).toEqual([
    'warn a pod that the API server told was passed over',
    'info no pod of this node is passed over any more',
  ]);
});

test.each<[string, Partial<ReflectorState>, string | undefined]>([
  ['before the first list', {}, 'the pods are not listed yet'],
  ['when all is well', { synced: true, live: true }, undefined],
  ['between two watches', { synced: true, failuresInARow: 1 }, undefined],
  ['while lists fail', { synced: true, failuresInARow: 2 }, 'the pods cannot be listed or watched'],
  ['where pods are too large', { synced: true, live: true, skipped: 3 }, undefined],
])('the problem %s', (_, change, problem) => {
  expect(watchProblem({ ...state, ...change })).toBe(problem);
});

test('pods that are too large are told by their number, and nothing where none is', () => {
  expect(skippedPods({ ...state, skipped: 3 })).toBe(
    'pods or changes of pods passed over as too large: 3',
  );
  expect(skippedPods(state)).toBeUndefined();
});
