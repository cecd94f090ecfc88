import { Subject } from 'rxjs';
import { beforeEach, expect, test } from 'vitest';
import { FIRST_STEP, type ReflectorState } from '../../src/pods/reflector-step.ts';
import { reportWatch } from '../../src/pods/watch-report.ts';
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
  becomes({ live: false, failures: state.failures + 1, lastError: new Error(why) });
}

const said = (): string[] => log.lines.map(({ level, message }) => `${level} ${message}`);
const LOST = 'warn cannot list or watch the pods of this node: kills wait for that';
const FOUND = 'info the pods of this node are watched again';

test('an API server that cannot be had is said once, with the reason, and again when it is back', () => {
  fails('refused');
  fails('forbidden');
  fails('forbidden');
  becomes({ synced: true });
  becomes({ live: true });
  expect(said()).toEqual([LOST, FOUND]);
  expect(log.lines[0]?.facts).toMatchObject({ err: { message: 'forbidden' } });
  fails('gone');
  fails('gone');
  expect(said()).toEqual([LOST, FOUND, LOST]);
});

test('a watch that is opened again at once is not worth a word', () => {
  for (let times = 0; times < 5; times += 1) {
    becomes({ live: true });
    fails('cut');
  }
  expect(said()).toEqual([]);
});

test('a change that was passed over is', () => {
  becomes({ live: true });
  becomes({ refused: 1, lastError: new Error('odd') });
  becomes({ lists: 2 });
  expect(said()).toEqual(['warn a pod that the API server told was passed over']);
});
