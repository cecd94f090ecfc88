import type { SeenMark } from '../../src/oom/seen-mark.ts';

const UID = 'aaaaaaaa_bbbb_cccc_dddd_000000000007';
export const POD = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID}.slice`;
export const CONTAINER = `${POD}/cri-containerd-${'a'.repeat(64)}.scope`;
export const CONTAINER_B = `${POD}/cri-containerd-${'b'.repeat(64)}.scope`;
export const OTHER_POD = POD.replace('07.slice', '08.slice');

/** A process that was marked, in the order of pids; it told its cgroup where one is given. */
export function aMark(pid: number, cgroup?: string): SeenMark {
  return {
    sequence: pid * 1000,
    monotonicUs: pid * 1000,
    atMs: pid,
    victim: { pid, comm: 'eater', anonRssKb: 8000 },
    ...(cgroup !== undefined && { cgroup, source: 'proc' }),
  };
}
