import { describe, expect, test } from 'vitest';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { attribute } from '../../src/pods/attribute.ts';
import { NO_PODS } from '../../src/pods/pods-file.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { eventText } from '../../src/recorder/event-message.ts';
import { aBareEpisode, anEpisode, aPod, CONTAINER_ID, POD_UID } from '../support/an-episode.ts';
import { CONTAINER, POD } from '../support/oom-lines.ts';

/** What is said to each subject of an episode, with a pod list of one pod, or none. */
function texts(episode: OomEpisode, pod?: PodEntry): readonly string[] {
  const pods = pod === undefined ? NO_PODS : { isComplete: true, byCgroupUid: () => pod };
  const attribution = attribute(episode, pods);
  return attribution.subjects.map((subject) => {
    const { reason, message } = eventText(episode, attribution, subject);
    return `${reason}: ${message}`;
  });
}

const UNKNOWN = `in a pod unknown on this node (pod ${POD_UID}, container ${CONTAINER_ID})`;
const VICTIM = 'killed process java (pid 4242), anon-rss 498Mi';
const member = (pid: number) => ({ pid, comm: 'worker' });
const host = '/system.slice/foo.service';

test('a limit that the kernel told is not said to be lost while it is not decided whose it is', () => {
  const undecided = { subjects: [], source: 'none' } as const;
  expect(eventText(anEpisode(), undecided, { kind: 'node' }).message).toBe(
    'Killed process java (pid 4242), anon-rss 498Mi',
  );
});

describe('to the Pod is said', () => {
  test.each([
    [
      'the container’s limit',
      anEpisode(),
      aPod(),
      `Memory limit of container app (512Mi) reached: ${VICTIM}`,
    ],
    [
      'the container’s limit, though the kernel enforced it at the pod’s cgroup',
      anEpisode({ oomMemcg: POD, limitLevel: 'pod' }),
      aPod(),
      `Memory limit of container app (512Mi) reached: ${VICTIM}`,
    ],
    [
      'the pod’s limit',
      anEpisode({ oomMemcg: POD, limitLevel: 'pod', limitKb: 1_048_576 }),
      aPod(),
      'Memory limit of the pod (1Gi) reached: killed process java (pid 4242) in container app, anon-rss 498Mi, pod limit',
    ],
    [
      'the limit of its QoS class',
      anEpisode({ oomMemcg: '/kubepods/burstable', limitLevel: 'qos' }),
      aPod(),
      'Memory limit of QoS class cgroup /kubepods/burstable (512Mi) reached: killed process java (pid 4242) in container app, anon-rss 498Mi, QoS class limit',
    ],
    [
      'the node’s limit for all pods',
      anEpisode({ oomMemcg: '/kubepods', limitLevel: 'node-allocatable' }),
      aPod(),
      'Memory limit of all pods on the node (512Mi) reached: killed process java (pid 4242) in container app, anon-rss 498Mi, node allocatable limit',
    ],
    [
      'a limit that the container set itself, below its own',
      anEpisode({ oomMemcg: `${CONTAINER}/work`, taskMemcg: `${CONTAINER}/work` }),
      aPod(),
      `Memory limit of a cgroup inside container app (512Mi) reached: ${VICTIM}`,
    ],
    [
      'a group kill of the whole container',
      anEpisode({ members: [member(5)], group: CONTAINER }),
      aPod(),
      'Memory limit of container app (512Mi) reached: killed process java (pid 4242) and 1 other process of the container, anon-rss 498Mi',
    ],
    [
      'a group kill of a whole container at the pod’s limit',
      anEpisode({
        members: [member(5), member(6)],
        group: CONTAINER,
        oomMemcg: POD,
        limitLevel: 'pod',
        limitKb: 1_048_576,
      }),
      aPod(),
      'Memory limit of the pod (1Gi) reached: killed process java (pid 4242) and 2 other processes in container app, anon-rss 498Mi, pod limit',
    ],
    [
      'a group kill of a whole pod',
      anEpisode({ members: [member(5)], group: POD }),
      aPod(),
      'Memory limit of container app (512Mi) reached: killed process java (pid 4242) and 1 other process, anon-rss 498Mi',
    ],
    [
      'a group kill of one more',
      anEpisode({ members: [member(5)] }),
      aPod(),
      'Memory limit of container app (512Mi) reached: killed process java (pid 4242) and 1 other process, anon-rss 498Mi',
    ],
    [
      'a group kill of three more',
      anEpisode({ members: [member(5), member(6), member(7)] }),
      aPod(),
      'Memory limit of container app (512Mi) reached: killed process java (pid 4242) and 3 other processes, anon-rss 498Mi',
    ],
    [
      'a container that no status knows',
      anEpisode(),
      aPod({ containers: [] }),
      `Memory limit of a container (512Mi) reached: ${VICTIM}`,
    ],
    [
      'that the kernel withheld the limit',
      aBareEpisode({ evidence: { cgroup: CONTAINER, source: 'proc' as const } }),
      aPod(),
      'Killed process java (pid 4242) in container app, anon-rss 498Mi: the kernel withheld which memory limit was reached (rate limit)',
    ],
  ])('%s', (_, episode, pod, message) => {
    expect(texts(episode, pod)).toEqual([`OOMKilling: ${message}`]);
  });
});

test('a system-wide OOM is told to the Node in the kubelet’s words, and to the Pod', () => {
  const episode = aBareEpisode({
    context: 'full',
    limitLevel: 'system',
    constraint: 'CONSTRAINT_NONE',
    taskMemcg: CONTAINER,
  });
  expect(texts(episode, aPod())).toEqual([
    'SystemOOM: System OOM encountered, victim process: java, pid: 4242',
    'OOMKilling: Killed process java (pid 4242) in container app, anon-rss 498Mi, system-wide OOM',
  ]);
});

describe('to the Node is said', () => {
  test.each([
    [
      'a pod it does not know',
      anEpisode(),
      `Memory limit of ${CONTAINER} (512Mi) reached: killed process java (pid 4242) ${UNKNOWN}, anon-rss 498Mi`,
    ],
    [
      'a unit outside kubepods',
      anEpisode({ oomMemcg: host, taskMemcg: host, limitLevel: 'host' }),
      `Memory limit of ${host} (512Mi) reached: ${VICTIM}`,
    ],
    [
      'a kill of which the kernel withheld everything',
      aBareEpisode(),
      'Killed process java (pid 4242), anon-rss 498Mi: the kernel withheld which memory limit was reached (rate limit)',
    ],
    [
      'a kill whose report was lost',
      aBareEpisode({ context: 'partial' }),
      'Killed process java (pid 4242), anon-rss 498Mi: which memory limit was reached is not in what is left of the kernel log',
    ],
    [
      'a kill that the tracepoint told',
      aBareEpisode({ context: 'none' }),
      'Killed process java (pid 4242), anon-rss 498Mi: which memory limit was reached is not told by the tracepoint, nor by the counters',
    ],
    [
      'a process whose name nobody told',
      aBareEpisode({
        context: 'none',
        limitLevel: 'host',
        oomMemcg: host,
        victim: { pid: 7, comm: '' },
      }),
      `Memory limit of ${host} reached: killed process (pid 7)`,
    ],
    [
      'a process without a name',
      aBareEpisode({ victim: { pid: 7, comm: '' } }),
      'Killed process "" (pid 7): the kernel withheld which memory limit was reached (rate limit)',
    ],
    [
      'names that would move the cursor, as the kernel escapes them',
      anEpisode({
        victim: { pid: 7, comm: '\u001B[2J\n' },
        oomMemcg: '/a\nb',
        taskMemcg: '/a\nb',
        limitLevel: 'host',
      }),
      String.raw`Memory limit of /a\x0ab (512Mi) reached: killed process \x1b[2J\x0a (pid 7)`,
    ],
  ])('%s', (_, episode, message) => {
    expect(texts(episode)).toEqual([`OOMKilling: ${message}`]);
  });
});

test('of more marks than kills nobody is said to be killed for certain', () => {
  const evidence = { cgroup: CONTAINER, source: 'proc', isOneOfSeveral: true } as const;
  const said = texts(aBareEpisode({ context: 'none', evidence }), aPod());
  expect(said).toEqual([
    'OOMKilling: Killed a process in container app, one of several marked as victims at that moment: which memory limit was reached is not told by the tracepoint, nor by the counters',
  ]);
});
