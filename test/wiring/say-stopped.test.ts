import { expect, test } from 'vitest';
import { StateStore } from '../../src/store/state-store.ts';
import { sayStopped } from '../../src/wiring/say-stopped.ts';
import { killEvent, START_MS } from '../support/kill-event.ts';
import { MemoryLog } from '../support/memory-log.ts';

function storeOf(pods: readonly string[]): StateStore {
  const options = { directory: undefined, historyMax: 10, nowMs: () => START_MS };
  const store = new StateStore({ ...options, log: new MemoryLog() });
  for (const [id, pod] of pods.entries())
    store.outbox.add({ verb: 'create', event: killEvent({ atMs: 0, id, pod }) }, START_MS);
  return store;
}

test('where nothing is left nothing more is said', () => {
  const log = new MemoryLog();
  sayStopped(storeOf([]), true, log);
  expect(log.lines).toEqual([{ level: 'info', message: 'stopped', facts: {} }]);
});

test.each([
  ['info', 'the next start goes on with what is left', true],
  ['warn', 'what is left is lost, there is no state file', false],
] as const)('what is left is named: %s, %s', (level, words, isKept) => {
  const log = new MemoryLog();
  sayStopped(storeOf(['web-0', 'web-1', 'web-0']), isKept, log);
  const about = ['Pod/shop/web-0', 'Pod/shop/web-1'];
  const facts = { events: 3, about, pendingEpisodes: 0 };
  expect(log.lines).toEqual([{ level, message: `stopped: ${words}`, facts }]);
});

test('of many objects the first twenty are named', () => {
  const log = new MemoryLog();
  sayStopped(storeOf(Array.from({ length: 30 }, (_, at) => `web-${at}`)), true, log);
  expect(log.lines[0]?.facts['about']).toHaveLength(20);
});
