import { describe, expect, test } from 'vitest';
import { anEpisode } from '../support/an-episode.ts';
import { adviceOf, aSystemEpisode, ofNode } from '../support/explained.ts';

const invoker = (order: number) => ({ comm: 'java', gfpMask: '0x0', order, oomScoreAdj: 0 });
const HALF_FREE = ofNode({ freeKb: 4_000_000, anonKb: 4_000_000 });

describe('sysrq', () => {
  test('is an order of -1', () => {
    expect(adviceOf('sysrq', aSystemEpisode({ invoker: invoker(-1) }))).toContain('sysrq f');
    expect(adviceOf('sysrq', aSystemEpisode())).toBeUndefined();
  });

  test.each(['node-memory', 'memory-left', 'bound-nodes', 'no-page-cache'])(
    'silences %s',
    (rule) => {
      for (const memory of [ofNode(), HALF_FREE]) {
        const episode = aSystemEpisode({
          invoker: invoker(-1),
          memory,
          constraint: 'CONSTRAINT_CPUSET',
        });
        expect(adviceOf(rule, episode)).toBeUndefined();
      }
    },
  );
});

describe('node-memory', () => {
  test('tells how little was free', () => {
    expect(adviceOf('node-memory', aSystemEpisode())).toMatch(
      /^The node itself ran out.*59Mi of 8Gi/,
    );
  });

  test.each([
    ['half of it was free', { memory: HALF_FREE }],
    ['no statistics', { memory: undefined }],
    ['no total', { memory: { freeKb: 0 } }],
    ['bound to some nodes', { constraint: 'CONSTRAINT_CPUSET' }],
  ])('says nothing: %s', (_why, facts) => {
    expect(adviceOf('node-memory', aSystemEpisode(facts))).toBeUndefined();
  });

  test('says nothing of a cgroup', () => {
    expect(adviceOf('node-memory', anEpisode({ memory: ofNode() }))).toBeUndefined();
  });
});

describe('memory-left', () => {
  test('asks for contiguous pages where the order says so', () => {
    const episode = aSystemEpisode({ memory: HALF_FREE, invoker: invoker(3) });
    expect(adviceOf('memory-left', episode)).toMatch(/\(48 %\).*8 pages in a row/);
  });

  test('does not know why else', () => {
    const episode = aSystemEpisode({ memory: HALF_FREE, constraint: undefined });
    expect(adviceOf('memory-left', episode)).toContain('may be bound');
  });

  test.each([
    ['nothing was free', {}],
    ['bound to some nodes', { memory: HALF_FREE, constraint: 'CONSTRAINT_MEMORY_POLICY' }],
    ['no statistics', { memory: undefined }],
  ])('says nothing: %s', (_why, facts) => {
    expect(adviceOf('memory-left', aSystemEpisode(facts))).toBeUndefined();
  });
});

test.each([
  ['CONSTRAINT_CPUSET', 'cpuset'],
  ['CONSTRAINT_MEMORY_POLICY', 'mbind'],
])('bound-nodes: %s', (constraint, word) => {
  expect(adviceOf('bound-nodes', aSystemEpisode({ constraint }))).toContain(word);
  expect(adviceOf('bound-nodes', aSystemEpisode())).toBeUndefined();
});

test('huge-pages speaks from a quarter on, of the system alone', () => {
  const memory = ofNode({ hugepagesKb: 2_097_152 });
  expect(adviceOf('huge-pages', aSystemEpisode({ memory }))).toContain('2Gi (25 %)');
  const less = ofNode({ hugepagesKb: 2_000_000 });
  expect(adviceOf('huge-pages', aSystemEpisode({ memory: less }))).toBeUndefined();
  expect(adviceOf('huge-pages', anEpisode({ memory }))).toBeUndefined();
});
