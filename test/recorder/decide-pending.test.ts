import { describe, expect, test } from 'vitest';
import type { Attribution } from '../../src/pods/attribute.ts';
import { attributeBy, type Attributor } from '../../src/recorder/attributor.ts';
import { decideEarly, decidePending } from '../../src/recorder/decide-pending.ts';
import { numberedPods } from '../support/kill-report.ts';
import { late, makeEpisode } from '../support/make-episode.ts';

const episode = makeEpisode({ sequence: 10, pod: 1 });
const stored = { id: 1, bootId: 'boot-1', state: 'pending', enteredMs: 0, episode } as const;
const LATER = { watchedMs: 1000, isOver: false };
const AT_ONCE = attributeBy(numberedPods);
const PATIENT: Attributor = {
  ...AT_ONCE,
  attribute: (it, watchedMs) =>
    watchedMs < 3000 ? { patienceMs: 3000 } : AT_ONCE.attribute(it, watchedMs),
};

function said(decided: object): Attribution | undefined {
  return (decided as { attribution?: Attribution }).attribution;
}

describe('a pending episode', () => {
  test('waits for as long as its attribution does', () => {
    const seen = { killLines: 1, survived: false };
    expect(decidePending(stored, seen, LATER, PATIENT)).toEqual({ patienceMs: 3000 });
    const decided = decidePending(stored, seen, { ...LATER, watchedMs: 3000 }, PATIENT);
    expect(decided).toMatchObject({ bootId: 'boot-1', episode });
    expect(said(decided)?.subjects).toMatchObject([{ kind: 'pod', pod: { name: 'pod-1' } }]);
  });

  test('waits until the main process was looked at', () => {
    const decided = decidePending(stored, { killLines: 1 }, LATER, AT_ONCE);
    expect(decided).toEqual({ patienceMs: Infinity });
  });

  test.each([
    ['says that it survived', true, episode, true],
    ['says nothing where that was not seen', false, episode, undefined],
    ['says nothing once it is a group’s', true, late(episode), undefined],
  ])('%s', (_, survived, now, expected) => {
    const seen = { killLines: 1, survived };
    const decided = decidePending({ ...stored, episode: now }, seen, LATER, AT_ONCE);
    expect(said(decided)?.mainProcessSurvived).toBe(expected);
  });

  test('is given up when its day is over', () => {
    const decided = decidePending(stored, { killLines: 1 }, { ...LATER, isOver: true }, AT_ONCE);
    expect(decided).toEqual(stored);
  });

  test('is decided by what is known where too many wait, and that is said', () => {
    const seen = { killLines: 1, survived: true };
    expect(said(decideEarly(stored, seen, PATIENT))).toMatchObject({
      subjects: [{ kind: 'pod', pod: { name: 'pod-1' } }],
      isEarly: true,
      mainProcessSurvived: true,
    });
  });
});
