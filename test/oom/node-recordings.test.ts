import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCgroupPath } from '../../src/oom/cgroup-path.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { episodesOf, recordsOf } from '../support/recordings.ts';

const KMSG = new URL('../testdata/kmsg/', import.meta.url);
const SUFFIX = '.truth.json';

/** What `make node-test ARGS='--record DIR'` found out of a row's deaths, none of it from the log. */
interface Truth {
  readonly singleProcessOomKill: boolean;
  /** `/proc/vmstat` `oom_kill`. */
  readonly oomKillsCounted: number;
  readonly pods: readonly { readonly containers: readonly ContainerTruth[] }[];
}

interface ContainerTruth {
  readonly containerID?: string;
  readonly terminated?: { readonly containerID?: string; readonly reason?: string };
  /** Those that were there before anybody was killed. */
  readonly processes: readonly {
    readonly pid: number;
    readonly cgroup: string;
    readonly lives: boolean;
  }[];
}

const names = readdirSync(KMSG)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

describe.each(names)('%s, against what the node itself says', (name) => {
  const truth: Truth = JSON.parse(readFileSync(new URL(`${name}${SUFFIX}`, KMSG), 'utf8'));
  const episodes = episodesOf(recordsOf(name));
  const containers = truth.pods.flatMap((pod) => pod.containers);
  const processes = containers.flatMap((container) => container.processes);
  const killed = episodes.flatMap((episode) => pidsOf(episode));

  test('as many kill lines as the kernel counted', () => {
    const lines = episodes.reduce((sum, { killLines }) => sum + killLines, 0);
    expect(lines).toBe(truth.oomKillsCounted);
  });

  test('nobody is killed twice, and nobody who lives', () => {
    expect(new Set(killed).size).toBe(killed.length);
    const living = new Set(processes.filter(({ lives }) => lives).map(({ pid }) => pid));
    expect(killed.filter((pid) => living.has(pid))).toEqual([]);
  });

  test('each died in the cgroup it lived in, with its own', () => {
    const homes = new Map(processes.map(({ pid, cgroup }) => [pid, containerIn(cgroup)]));
    for (const episode of episodes) {
      const told = containerIn(episode.taskMemcg);
      const lived = pidsOf(episode).flatMap((pid) => homes.get(pid) ?? []);
      expect(lived.filter((home) => home !== (told ?? lived[0]))).toEqual([]);
    }
  });

  test('a group is killed where the kubelet makes groups, and nowhere else', () => {
    const ofContainers = episodes.filter(({ group }) => containerIn(group) !== undefined);
    if (truth.singleProcessOomKill) expect(ofContainers).toEqual([]);
    else expect(ofContainers.length).toBeGreaterThan(0);
  });

  test('each container that ended as OOMKilled has an episode', () => {
    const told = new Set(episodes.flatMap(({ taskMemcg }) => containerIn(taskMemcg) ?? []));
    const pids = new Set(killed);
    const isHeardOf = ({ terminated, processes: inside }: ContainerTruth): boolean =>
      told.has(bareId(terminated?.containerID)) || inside.some(({ pid }) => pids.has(pid));
    const ended = containers.filter(({ terminated }) => terminated?.reason === 'OOMKilled');
    expect(ended.filter((container) => !isHeardOf(container))).toEqual([]);
  });
});

const pidsOf = ({ victim, members }: OomEpisode): readonly number[] =>
  [victim, ...members].map(({ pid }) => pid);

const containerIn = (cgroup: string | undefined): string | undefined =>
  parseCgroupPath(cgroup ?? '')?.containerId;

/** `containerd://<id>`. */
const bareId = (id = ''): string => id.replace(/^\w+:\/\//, '');
