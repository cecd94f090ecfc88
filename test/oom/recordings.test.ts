import { describe, expect, test } from 'vitest';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { differencesFromTruth } from '../../hack/record-kernel/find-differences.ts';
import { readTruth } from '../support/kernel-truth.ts';
import { episodesOf, hasMeta, readMeta, recordingNames, recordsOf } from '../support/recordings.ts';

const recorded = recordingNames.filter(hasMeta);

describe.each(recorded)('recording %s', (name) => {
  const episodes = episodesOf(recordsOf(name));
  const byPid = new Map(episodes.map((episode) => [episode.victim.pid, episode]));
  const truth = readTruth(readMeta(name));

  test.each(truth.expected)('$scenario: process $pid dies in its cgroup', (expected) => {
    const episode = byPid.get(expected.pid);
    expect(episode).toBeDefined();
    const isTold = episode?.context !== 'suppressed';
    if (expected.cgroup !== undefined && isTold) expect(episode?.taskMemcg).toBe(expected.cgroup);
    if (expected.cgroupBytes !== undefined) {
      // Longer than a record (LOG_LINE_MAX): the kernel itself cuts it, and the pod is in what is left.
      expect(episode?.taskMemcg?.length).toBeLessThan(expected.cgroupBytes);
      expect(parseCgroupPath(episode?.taskMemcg ?? '')?.containerId).toMatch(/^9f02d9fa/);
    }
    if (expected.comm !== undefined) expect(episode?.victim.comm).toBe(expected.comm);
  });

  test('every kernel kill line is in exactly one episode', () => {
    const killLines = recordsOf(name).filter(
      ({ facility, message }) =>
        facility === 0 && /^(?:[A-Z][^:]*: )?Killed process \d/.test(message),
    );
    const folded = episodes.reduce((sum, episode) => sum + episode.killLines, 0);
    expect(folded).toBe(killLines.length);
  });

  test('nobody dies whom no line names', () => {
    const died = episodes.flatMap(({ victim, members }) => [
      victim.pid,
      ...members.map(({ pid }) => pid),
    ]);
    expect(new Set(died).size).toBe(died.length);
    expect(died.filter((pid) => pid >= 4242 && pid <= 4250)).toEqual([]);
    expect(truth.killed.length).toBeGreaterThan(0);
  });

  test('a container’s OOM is never the system’s', () => {
    const global = episodes.filter((episode: OomEpisode) => episode.limitLevel === 'system');
    expect(global.map(({ constraint }) => constraint)).not.toContain('CONSTRAINT_MEMCG');
  });
});

const whole = recorded.filter((name) => readTruth(readMeta(name)).isWhole);

test.each(whole)('recording %s is all true, and all that is true', (name) => {
  const truth = readTruth(readMeta(name));
  expect(differencesFromTruth(truth, episodesOf(recordsOf(name)))).toEqual([]);
});

test('some recordings have the whole truth', () => {
  expect(whole).not.toEqual([]);
});
