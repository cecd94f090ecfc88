import { describe, expect, test } from 'vitest';
import { explain } from '../../src/explain/explain.ts';
import type { Explanation } from '../../src/explain/explanation.ts';
import { coloured, plain } from '../../src/explain/layout.ts';
import { renderMarkdown } from '../../src/explain/render-markdown.ts';
import { renderText } from '../../src/explain/render-text.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { attribute } from '../../src/pods/attribute.ts';
import { NO_PODS } from '../../src/pods/pods-file.ts';
import { aBareEpisode, aPod, APP, CONTAINER_ID, POD_UID } from '../support/an-episode.ts';
import {
  aListedEpisode,
  anAttribution,
  aSystemEpisode,
  aTask,
  ofCgroup,
} from '../support/explained.ts';
import { episodesOf, recordingNames, recordsOf } from '../support/recordings.ts';

const KNOWN = { subjects: [{ kind: 'pod', pod: aPod(), container: APP }] } as const;
const UNDATED = { isDated: false };

const explained = (episode: OomEpisode): Explanation =>
  explain(episode, anAttribution(episode), UNDATED);

describe('an explanation', () => {
  test('says what is known', () => {
    const episode = aListedEpisode({ memory: ofCgroup({ swapUsageKb: 0, swapLimitKb: 0 }) });
    expect(explain(episode, anAttribution(episode, KNOWN), { isDated: true })).toMatchObject({
      id: 'oom-4711',
      monotonicUs: 1_000_000,
      time: '2026-11-22T15:04:05.678Z',
      summary:
        'Memory limit of container app (512Mi) reached: killed process java (pid 4242), anon-rss 498Mi',
      limit: { level: 'container', usageKb: 524_288, limitKb: 524_288, usedPercent: 100 },
      pod: { namespace: 'shop', name: 'checkout-0', container: 'app', containerId: CONTAINER_ID },
      killed: 1,
      memory: { wholeKb: 524_288 },
      swap: { usageKb: 0, limitKb: 0 },
      advice: [{ rule: 'no-page-cache' }, { rule: 'raise-limit' }],
      unsaid: [],
    });
  });

  test('says whose limit it is as the Event does, where the pod’s cgroup has its container’s', () => {
    const limitBytes = 512 * 1024 * 1024;
    const container = { ...APP, limitBytes };
    const known = {
      subjects: [{ kind: 'pod', pod: aPod(), container }],
      limitLevel: 'pod',
    } as const;
    const { limit, summary } = explain(
      aListedEpisode(),
      anAttribution(aListedEpisode(), known),
      UNDATED,
    );
    expect(summary).toContain('Memory limit of container app (512Mi) reached');
    expect(limit).toMatchObject({ level: 'pod', isContainers: true });
  });

  test('has no date where the log has none', () => {
    expect(explained(aListedEpisode())).not.toHaveProperty('time');
  });

  test('names the pod by what its path says', () => {
    expect(explained(aListedEpisode()).pod).toEqual({ uid: POD_UID, containerId: CONTAINER_ID });
  });

  test('has no limit where there is none: cgroup v1 without one, and the system', () => {
    const none = aListedEpisode({ limitKb: 9_007_199_254_740_988 });
    expect(explained(none).limit).not.toHaveProperty('limitKb');
    expect(explained(aSystemEpisode()).limit).toEqual({ level: 'system' });
  });

  test('says how large the limit is while it is not decided whose', () => {
    const undecided = explain(aListedEpisode(), { subjects: [], source: 'none' }, UNDATED);
    expect(undecided.limit).not.toHaveProperty('level');
    expect(undecided.limit).toMatchObject({ limitKb: 524_288, usedPercent: 100 });
    expect(renderText(undecided)).toContain(
      'Limit     of the cgroup below, 512Mi; 100 % of it used',
    );
  });

  test('of one that was withheld advises nothing', () => {
    expect(explained(aBareEpisode())).toMatchObject({ advice: [], unsaid: [expect.any(String)] });
  });

  test('of one that an earlier version stored has no statistics', () => {
    const stored: OomEpisode = JSON.parse(JSON.stringify(aListedEpisode()));
    const { advice, unsaid, memory } = explained(stored);
    expect(memory).toBeUndefined();
    expect(advice.map(({ rule }) => rule)).toEqual(['raise-limit']);
    expect(unsaid.join()).toContain('no memory statistics');
  });
});

describe('a hostile name', () => {
  const HOSTILE = '\x1b[2J`|@x<b>\u202E';
  const episode = aListedEpisode({
    victim: { pid: 4242, comm: HOSTILE, totalVmKb: 800_000, anonRssKb: 1000 },
    invoker: { comm: HOSTILE, gfpMask: '0x0', order: 0, oomScoreAdj: 0 },
    oomMemcg: `/system.slice/${HOSTILE}.service`,
    taskMemcg: `/system.slice/${HOSTILE}.service`,
    limitLevel: 'host',
    memory: ofCgroup(),
    tasks: [
      aTask({ comm: HOSTILE, rssPages: 10 }),
      aTask({ pid: 7, comm: HOSTILE, oomScoreAdj: -997 }),
    ],
  });
  const explanation = explained(episode);

  test.each([
    ['text', renderText(explanation, 80, plain)],
    ['markdown', renderMarkdown(explanation)],
    ['json', JSON.stringify(explanation, undefined, 2)],
  ])('is escaped in %s', (_format, text) => {
    expect(text).not.toMatch(/[^\P{C}\n]/u);
    expect(text).toContain(String.raw`x1b[2J`);
  });

  test('stands in code in markdown, and cannot leave it', () => {
    const outside = renderMarkdown(explanation)
      .replaceAll(/^```text$[^]*?^```$/gm, '')
      .replaceAll(/`[^`\n]*`/g, '');
    expect(outside).not.toContain('@x');
    expect(outside).not.toContain('<b>');
    expect(outside).not.toContain('`');
  });
});

describe('a system-wide OOM that was recorded', () => {
  test.each([
    ['6.8-v2', 'sysrqvictim', ['sysrq']],
    ['6.8-v2', 'numabound', ['bound-nodes']],
    ['6.8-v2', 'cpusetbound', ['bound-nodes']],
    ['6.8-v2', 'globalhog', ['node-memory', 'no-page-cache']],
    ['4.15-v1', 'sysrqvictim', ['sysrq']],
    // A kernel before 5.0 does not print the constraint, but half of the memory was free.
    ['4.15-v1', 'numabound', ['memory-left']],
    ['4.15-v1', 'cpusetbound', ['memory-left']],
    ['4.15-v1', 'globalhog', ['node-memory', 'no-page-cache']],
    ['5.4-v1', 'numabound', ['bound-nodes']],
    ['debian-6.1-cgroup2-scenarios', 'memeater', ['node-memory', 'no-page-cache']],
  ])('%s, %s', (recording, comm, rules) => {
    const episode = episodesOf(recordsOf(recording)).find(
      ({ victim, limitLevel }) => victim.comm === comm && limitLevel === 'system',
    );
    const advice = episode === undefined ? [] : explained(episode).advice;
    expect(advice.map(({ rule }) => rule)).toEqual(rules);
  });
});

describe('every recorded kernel', () => {
  const all = recordingNames
    .flatMap((name) => episodesOf(recordsOf(name)))
    .map((episode) => explain(episode, attribute(episode, NO_PODS), UNDATED));

  test.each([80, 200])('fits a terminal of %s columns, but for a path or an ID', (width) => {
    expect(all.length).toBeGreaterThan(450);
    for (const explanation of all) {
      for (const line of renderText(explanation, width, plain).split('\n')) {
        const longest = Math.max(
          ...line
            .trim()
            .split(' ')
            .map((word) => word.length),
        );
        expect([...line].length <= width || longest > 60).toBe(true);
      }
    }
  });

  test('holds no control characters in any format', () => {
    for (const explanation of all) {
      const text = renderText(explanation, 80, plain) + renderMarkdown(explanation);
      expect(text).not.toMatch(/[^\P{C}\n]/u);
    }
  });

  test('says the same in colours', () => {
    for (const explanation of all.slice(0, 50)) {
      const bare = renderText(explanation, 80, coloured).replaceAll(/\x1b\[\d+m/g, '');
      expect(bare).toBe(renderText(explanation, 80, plain));
    }
  });
});
