import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { attribute } from '../../src/pods/attribute.ts';
import type {
  ContainerEntry,
  PodDirectory,
  PodEntry,
  Termination,
} from '../../src/pods/pod-directory.ts';
import { NO_PODS } from '../../src/pods/pods-file.ts';
import {
  aBareEpisode,
  AT_MS,
  anEpisode,
  aPod,
  APP,
  CONTAINER_ID,
  POD_UID,
} from '../support/an-episode.ts';
import { CONTAINER, POD } from '../support/oom-lines.ts';

function directory(...pods: readonly PodEntry[]): PodDirectory {
  return { isComplete: true, byCgroupUid: (uid) => pods.find((pod) => pod.cgroupUid === uid) };
}

const NODE = { kind: 'node' };
const HERE = aPod();
const ON_HERE = { kind: 'pod', pod: HERE, container: APP };
const inside = (path: string): OomEpisode => anEpisode({ taskMemcg: path, oomMemcg: path });
const INNER_UID = '11111111-0000-4000-8000-000000000002';
const INNER = `${CONTAINER}/kubelet/kubepods/pod${INNER_UID}/${'b'.repeat(64)}`;
const inner = aPod({ uid: INNER_UID, cgroupUid: INNER_UID, containers: [] });

describe('the subject is', () => {
  test.each([
    ['the container that runs in the cgroup', anEpisode(), directory(HERE), [ON_HERE]],
    [
      'the pod alone for `pause`, which is in no status',
      inside(`${POD}/${'e'.repeat(64)}`),
      directory(HERE),
      [{ kind: 'pod', pod: HERE }],
    ],
    [
      'the Node and the Pod, system-wide',
      aBareEpisode({ taskMemcg: CONTAINER, limitLevel: 'system' }),
      directory(HERE),
      [NODE, ON_HERE],
    ],
    ['the Node without a pod list', anEpisode(), NO_PODS, [NODE]],
    ['the Node for a pod that it does not run', anEpisode(), directory(), [NODE]],
    ['the Node below kubelet’s own root', inside(`/kubelet${CONTAINER}`), directory(), [NODE]],
    [
      'nobody for a pod of kind’s node',
      inside(`/docker/${'d'.repeat(64)}/kubelet${CONTAINER}`),
      directory(),
      [],
    ],
    [
      'the Node for that pod without a pod list',
      inside(`/docker/${'d'.repeat(64)}/kubelet${CONTAINER}`),
      NO_PODS,
      [NODE],
    ],
    [
      'the Node for a unit of its own',
      inside('/system.slice/foo.service'),
      directory(HERE),
      [NODE],
    ],
    ['the Node where nothing is known', aBareEpisode(), directory(HERE), [NODE]],
    [
      'whom the evidence names, where the kernel is silent',
      aBareEpisode({ evidence: { cgroup: CONTAINER, source: 'proc' as const } }),
      directory(HERE),
      [ON_HERE],
    ],
    [
      'whom the kernel names, whatever the evidence',
      anEpisode({ evidence: { cgroup: '/other', source: 'proc' } }),
      directory(HERE),
      [ON_HERE],
    ],
    ['the outermost of nested pods', inside(INNER), directory(inner, HERE), [ON_HERE]],
    [
      'the one of nested pods that runs here',
      inside(INNER),
      directory(inner),
      [{ kind: 'pod', pod: inner }],
    ],
  ])('%s', (_, episode, pods, subjects) => {
    expect(attribute(episode, pods).subjects).toEqual(subjects);
  });
});

describe('a kill of which the pod’s counter and a main process’s pid are known', () => {
  const END: Termination = {
    reason: 'OOMKilled',
    exitCode: 137,
    startedAtMs: AT_MS - 60_678,
    finishedAtMs: AT_MS - 678,
    containerId: CONTAINER_ID,
  };
  const evidence = {
    cgroup: POD,
    source: 'pod-counter',
    isOneOfSeveral: true,
    likely: CONTAINER,
  } as const;
  const ended = (end: Termination): PodEntry =>
    aPod({ containers: [{ ...APP, lastTermination: { ...END, ...end } }] });

  test('is the main process’s, when the container’s status says that it ran until then', () => {
    const said = attribute(aBareEpisode({ evidence }), directory(ended({})));
    expect(said).toMatchObject({ source: 'main-process', cgroup: CONTAINER });
    expect(said).not.toHaveProperty('isOneOfSeveral');
  });

  test.each<readonly [string, PodEntry]>([
    ['runs', aPod()],
    ['had ended before', ended({ finishedAtMs: AT_MS - 1678 })],
    ['began later', ended({ startedAtMs: AT_MS - 678 })],
    ['ended by itself', ended({ exitCode: 1 })],
    ['is another', ended({ containerId: 'b'.repeat(64) })],
    ['is in no status', aPod({ containers: [] })],
  ])('is anybody’s in the pod where the container %s', (_, pod) => {
    const said = attribute(aBareEpisode({ evidence }), directory(pod));
    expect(said).toMatchObject({ source: 'pod-counter', cgroup: POD, isOneOfSeveral: true });
  });
});

test('the path’s owner and level are told with it', () => {
  expect(attribute(anEpisode({ oomMemcg: POD, limitLevel: 'pod' }), directory(HERE))).toMatchObject(
    {
      owner: { podUid: POD_UID, containerId: CONTAINER_ID, qos: 'burstable' },
      cgroup: CONTAINER,
      limitLevel: 'pod',
    },
  );
});

test('the level is seen from the pod that is blamed', () => {
  const limit = `${CONTAINER}/kubelet/kubepods/pod${INNER_UID}`;
  const episode = anEpisode({ taskMemcg: INNER, oomMemcg: limit, limitLevel: 'container' });
  expect(attribute(episode, directory(inner)).limitLevel).toBe('pod');
  expect(attribute(episode, directory(HERE)).limitLevel).toBe('container');
});

describe('a kill that the pod’s counter alone tells', () => {
  const SIDECAR_ID = 'b'.repeat(64);
  const sidecar: ContainerEntry = {
    name: 'sidecar',
    list: 'initContainers',
    ids: [SIDECAR_ID],
    runningSinceMs: AT_MS - 60_000,
  };
  const TWO = aPod({ containers: [APP, sidecar] });
  const told = (unmoved: readonly string[]): OomEpisode =>
    aBareEpisode({ evidence: { cgroup: POD, source: 'pod-counter', unmoved } });
  const COMPLETED: ContainerEntry = {
    name: 'prepare',
    list: 'initContainers',
    ids: ['e'.repeat(64)],
    lastTermination: { reason: 'Completed' },
  };
  const withInit = (init: ContainerEntry): PodEntry => aPod({ containers: [APP, init] });

  const NEW_ID = 'f'.repeat(64);
  const afterRestart = told([`${POD}/${NEW_ID}`]);
  const debug: ContainerEntry = {
    name: 'debug',
    list: 'ephemeralContainers',
    ids: ['d'.repeat(64)],
    lastTermination: { reason: 'Completed' },
  };
  /** With a container that ended, and the other one as it is now. */
  const withDebug = (app: Partial<ContainerEntry>): PodEntry =>
    aPod({ containers: [{ ...APP, ids: [NEW_ID, CONTAINER_ID], ...app }, debug] });
  const ended = (startedAtMs: number): Termination => ({ containerId: NEW_ID, startedAtMs });

  test.each<readonly [string, OomEpisode, PodEntry, ContainerEntry | undefined]>([
    ['is of the only container', told([]), HERE, APP],
    ['is of the one whose own counter is gone', told([`${POD}/${SIDECAR_ID}`]), TWO, APP],
    ['is of either of two that are gone', told([]), TWO, undefined],
    ['is not of an init container that completed', told([]), withInit(COMPLETED), APP],
    ['may be of a sidecar', told([]), withInit({ ...COMPLETED, restarts: true }), undefined],
    [
      'may be of an init container that failed, and was started again since',
      told([]),
      withInit({ ...COMPLETED, lastTermination: { reason: 'Error' } }),
      undefined,
    ],
    [
      'may be of one that has been started anew since',
      afterRestart,
      withDebug({ runningSinceMs: AT_MS + 1500 }),
      undefined,
    ],
    [
      'may be of one whose start, in whole seconds, may have been since',
      afterRestart,
      withDebug({ runningSinceMs: AT_MS - 678 }),
      undefined,
    ],
    [
      'may be of one whose new run has ended, too',
      afterRestart,
      withDebug({ lastTermination: ended(AT_MS + 1500) }),
      undefined,
    ],
    ['may be of one of whose start nothing is known', afterRestart, withDebug({}), undefined],
    [
      'is not of one whose run began before it',
      afterRestart,
      withDebug({ runningSinceMs: AT_MS - 1000 }),
      debug,
    ],
    [
      'is not of one whose run began before it and has ended since',
      afterRestart,
      withDebug({ lastTermination: ended(AT_MS - 1000) }),
      debug,
    ],
  ])('%s', (_, episode, pod, container) => {
    const { subjects } = attribute(episode, directory(pod));
    expect(subjects).toEqual([{ kind: 'pod', pod, ...(container !== undefined && { container }) }]);
  });
});
