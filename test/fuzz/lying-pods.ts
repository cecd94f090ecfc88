import * as fc from 'fast-check';
import { of } from 'rxjs';
import type { KmsgRecord } from '../../src/kmsg/record.ts';
import { cgroupOwners, type CgroupOwner } from '../../src/oom/cgroup-path.ts';
import type { WatchedPods } from '../../src/pods/live-attributor.ts';
import type { PodEntry, Termination } from '../../src/pods/pod-directory.ts';
import { PodIndex } from '../../src/pods/pod-index.ts';
import { EVIDENCE } from './lying-node.ts';

/** Named by nobody, and there all the same. */
const STRANGER = `/kubepods/podeeeeeeee-0000-4000-8000-000000000003/${'c3'.repeat(32)}`;
const PATH = /\/[^\s,]+/g;
const SECOND_MS = 1000;

/** What the API server says of a pod, and of how its container ended, which was near one of the records. */
const pod = fc.record({
  which: fc.oneof(fc.nat(2), fc.nat(60)),
  end: fc.constantFrom('none', 'OOMKilled', 'OOMKilled', 'Error', 'Completed'),
  near: fc.nat(60),
  ranMs: fc.constantFrom(100, 5_000, 60_000),
  lateMs: fc.integer({ min: -2_000, max: 3_000 }),
});
type Pod = typeof pod extends fc.Arbitrary<infer T> ? T : never;

/** Which of the pods that the log or the node may name the API server knows, and whether these are all. */
export const somePods = fc.record({
  pods: fc.array(pod, { maxLength: 6 }),
  isComplete: fc.boolean(),
});
type Pods = typeof somePods extends fc.Arbitrary<infer T> ? T : never;

/** The directory in which an episode's pod is looked up. */
export function directoryOf(
  { pods, isComplete }: Pods,
  records: readonly KmsgRecord[],
): WatchedPods {
  const said = records.flatMap(({ message }) => message.match(PATH) ?? []);
  const paths = [...new Set([...Object.values(EVIDENCE), STRANGER, ...said])];
  const owners = paths.flatMap((path) => cgroupOwners(path));
  const index = new PodIndex();
  for (const one of pods) {
    const owner = owners[one.which % owners.length];
    const nearUs = records[one.near % (records.length || 1)]?.monotonicUs ?? 0;
    if (owner !== undefined) index.put(entryOf(owner, one, nearUs / 1000));
  }
  return {
    isComplete,
    live$: of(isComplete),
    changed$: of(),
    byCgroupUid: (uid, containerId) => index.byCgroupUid(uid, containerId),
    entries: () => index.entries(),
  };
}

function entryOf({ podUid, containerId }: CgroupOwner, one: Pod, nearMs: number): PodEntry {
  const ids = containerId === undefined ? [] : [containerId];
  const lastTermination = containerId === undefined ? undefined : endOf(containerId, one, nearMs);
  return {
    namespace: 'shop',
    name: `pod-${podUid}`,
    uid: podUid,
    referenceUid: podUid,
    cgroupUid: podUid,
    containers: [
      { name: 'app', list: 'containers', ids, ...(lastTermination && { lastTermination }) },
    ],
  };
}

function endOf(containerId: string, one: Pod, nearMs: number): Termination | undefined {
  if (one.end === 'none') return undefined;
  const finishedAtMs = Math.floor((nearMs + one.lateMs) / SECOND_MS) * SECOND_MS;
  const startedAtMs = Math.floor((nearMs - one.ranMs) / SECOND_MS) * SECOND_MS;
  const exitCode = one.end === 'Completed' ? 0 : 137;
  return { reason: one.end, exitCode, startedAtMs, finishedAtMs, containerId };
}
