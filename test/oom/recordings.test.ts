import { describe, expect, test } from 'vitest';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { episodesOf, readMeta, recordingNames, recordsOf } from '../support/recordings.ts';

interface Expectation {
  readonly scenario: string;
  readonly pid: number;
  readonly cgroup: string | undefined;
  readonly cgroupBytes: number | undefined;
  readonly comm: string | undefined;
}

/** `@@EXPECT pid= cg= comm-hex=` lines, under the `@@BEGIN` they belong to. */
function expectationsOf(name: string): readonly Expectation[] {
  let scenario = '';
  return readMeta(name).flatMap((line) => {
    if (line.startsWith('@@BEGIN ')) scenario = line.slice('@@BEGIN '.length);
    const found = /^@@EXPECT pid=(?<pid>\d+)(?<rest>.*)$/.exec(line)?.groups;
    if (found === undefined) return [];
    const field = (key: string) =>
      new RegExp(` ${key}=(?<value>.*?)(?= [a-z-]+=|$)`).exec(found['rest'] ?? '')?.groups?.[
        'value'
      ];
    const hex = field('comm-hex');
    const cglen = field('cglen');
    return [
      {
        scenario,
        pid: Number(found['pid']),
        cgroup: field('cg'),
        cgroupBytes: cglen === undefined ? undefined : Number(cglen),
        comm: hex === undefined ? undefined : Buffer.from(hex, 'hex').toString('utf8'),
      },
    ];
  });
}

const recorded = recordingNames.filter((name) => /^x?\d/.test(name));

describe.each(recorded)('recording %s', (name) => {
  const episodes = episodesOf(recordsOf(name));
  const byPid = new Map(episodes.map((episode) => [episode.victim.pid, episode]));

  test.each(expectationsOf(name))('$scenario: process $pid dies in its cgroup', (expected) => {
    const episode = byPid.get(expected.pid);
    expect(episode).toBeDefined();
    if (expected.cgroup !== undefined) expect(episode?.taskMemcg).toBe(expected.cgroup);
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
    const waited = readMeta(name).flatMap(
      (line) => /^@@WAIT pid=(\d+) signal=9/.exec(line)?.[1] ?? [],
    );
    const died = episodes.flatMap(({ victim, members }) => [
      victim.pid,
      ...members.map(({ pid }) => pid),
    ]);
    expect(new Set(died).size).toBe(died.length);
    expect(died.filter((pid) => pid >= 4242 && pid <= 4250)).toEqual([]);
    expect(waited.length).toBeGreaterThan(0);
  });

  test('a container’s OOM is never the system’s', () => {
    const global = episodes.filter((episode: OomEpisode) => episode.limitLevel === 'system');
    expect(global.map(({ constraint }) => constraint)).not.toContain('CONSTRAINT_MEMCG');
  });
});
