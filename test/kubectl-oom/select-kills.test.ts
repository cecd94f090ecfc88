import { describe, expect, test } from 'vitest';
import { isWanted, withoutRepeats } from '../../src/kubectl-oom/select-kills.ts';
import { AT_MS } from '../support/an-episode.ts';
import { aNodeKill, anOomKill } from '../support/oom-kill.ts';

describe('a kill is wanted', () => {
  test.each([
    [{}, true],
    [{ namespace: 'shop', pod: 'web-0', node: 'node-1' }, true],
    [{ namespace: 'jobs' }, false],
    [{ pod: 'web-1' }, false],
    [{ node: 'node-2' }, false],
    [{ notBeforeMs: AT_MS - 60_000 }, true],
    [{ notBeforeMs: AT_MS - 59_999 }, false],
  ])('%j: %s', (wanted, is) => {
    expect(isWanted(anOomKill(), wanted)).toBe(is);
  });

  test('of the Node where no namespace was named', () => {
    expect(isWanted(aNodeKill(), {})).toBe(true);
    expect(isWanted(aNodeKill(), { namespace: 'default' })).toBe(false);
  });

  test('where nobody knows when it was', () => {
    const { lastMs: _, ...undated } = anOomKill();
    expect(isWanted(undated, { notBeforeMs: AT_MS })).toBe(true);
  });
});

describe('told twice', () => {
  test('is a kill on a Pod and on the Node: the Pod’s is kept', () => {
    const [pod, node] = [anOomKill(), aNodeKill()];
    expect(withoutRepeats([node, pod])).toEqual([pod]);
    const other = aNodeKill({ episode: 'boot-2' });
    expect(withoutRepeats([other, pod])).toEqual([other, pod]);
  });

  test('is none on the Node of which nobody knows which kills it stands for', () => {
    const { episode: _, ...combined } = aNodeKill({ isCombined: true });
    const { episode: __, ...onPod } = anOomKill({ isCombined: true });
    expect(withoutRepeats([combined, onPod])).toEqual([combined, onPod]);
  });
});
