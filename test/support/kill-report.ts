import type { PodDirectory, PodEntry } from '../../src/pods/pod-directory.ts';
import { podJson, running } from './pod-json.ts';

/** A kill as the kernel tells it. */
export interface ReportedKill {
  /** Of the first record; a report takes four, a bare kill line one. */
  readonly sequence: number;
  readonly monotonicUs: number;
  /** Which of the pods of `numberedPods`. */
  readonly pod: number;
  readonly pid: number;
  /** The kernel's rate limit took everything but the kill line. */
  readonly bare?: boolean;
}

const UID_STEM = '00000000-0000-4000-8000-';
const NAMESPACE = 'shop';

/** The records of a memory cgroup's OOM on Linux 6.x, as `/dev/kmsg` gives them. */
export function killReport({ sequence, monotonicUs, pod, pid, bare }: ReportedKill): string[] {
  const memcg = `/kubepods/burstable/pod${uidOf(pod)}`;
  const task = `${memcg}/${containerId(pod)}`;
  const killed = `Memory cgroup out of memory: Killed process ${pid} (java) total-vm:90000kB, anon-rss:60000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`;
  const lines = [
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900',
    'memory: usage 65536kB, limit 65536kB, failcnt 7',
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${containerId(pod)},mems_allowed=0,oom_memcg=${memcg},task_memcg=${task},task=java,pid=${pid},uid=0`,
    killed,
  ];
  const told = bare === true ? [killed] : lines;
  return told.map((line, index) => `6,${sequence + index},${monotonicUs + index},-;${line}\n`);
}

/** Pods without end: number 7 is `pod-7`. */
export const numberedPods: PodDirectory = {
  isComplete: true,
  byCgroupUid: (uid) => (uid.startsWith(UID_STEM) ? podOf(Number(uid.slice(-12))) : undefined),
};

function podOf(number: number): PodEntry {
  const uid = uidOf(number);
  return {
    namespace: NAMESPACE,
    name: `pod-${number}`,
    uid,
    referenceUid: uid,
    cgroupUid: uid,
    containers: [
      { name: 'app', list: 'containers', ids: [containerId(number)], limitBytes: 65_536 * 1024 },
    ],
  };
}

/** A pod of them as the API server has it. */
export function numberedPodJson(pod: number): Record<string, unknown> {
  const containers = [{ name: 'app', status: { ...running(containerId(pod)) } }];
  return podJson({ name: `pod-${pod}`, namespace: NAMESPACE, uid: uidOf(pod), containers });
}

function uidOf(pod: number): string {
  return UID_STEM + String(pod).padStart(12, '0');
}

function containerId(pod: number): string {
  return pod.toString(16).padStart(64, 'c');
}
