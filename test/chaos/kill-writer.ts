import type { FakeNode } from './fake-node.ts';
import { GROUP_SIZE } from './kernel-tells.ts';
import type { LivingPod, LivingPods } from './living-pods.ts';
import type { PlannedKill } from './plan-kills.ts';
import { MAX_STALL_MS } from './whims.ts';
import type { WrittenKill } from './wrong-counts.ts';

const FIRST_PID = 1000;
/** Twice as long as the proxy keeps the news of a pod back: a stall may follow a stall. */
const NEWS_MS = 2 * MAX_STALL_MS;
/** A kill line alone that comes so soon behind a group's lines is one of them, for all anybody can tell. */
const GROUP_MS = 100;
const STRANGER = '/kubepods/burstable/pod99999999-0000-4000-8000-000000000000';

interface Written {
  readonly pid: number;
  readonly how: PlannedKill['how'];
  readonly pod: LivingPod | undefined;
  readonly container: string;
  readonly isYoung: boolean;
}

/** Writes the kills of the plan to the node's log, and keeps what is true of them. */
export class KillWriter {
  readonly #node: FakeNode;
  readonly #pods: LivingPods;
  readonly #written: Written[] = [];
  #pid = FIRST_PID;
  #groupAtMs = -Infinity;

  constructor(node: FakeNode, pods: LivingPods) {
    this.#node = node;
    this.#pods = pods;
  }

  /** Those that there must be an Event of, as far as is known by now. */
  get kills(): readonly WrittenKill[] {
    return this.#written
      .filter(({ how }) => how !== 'forged')
      .map(({ pid, pod, container, how, isYoung }) => ({
        pid,
        isNodeRight: isYoung || pod?.isDeleted === true,
        isSystemWide: how === 'system',
        ...(pod !== undefined && { pod: `${pod.namespace}/${pod.name}/${pod.uid}`, container }),
      }));
  }

  get #isInGroup(): boolean {
    return performance.now() - this.#groupAtMs < GROUP_MS;
  }

  async kill({ how: planned, pod: index, container: at }: PlannedKill): Promise<void> {
    const pod = await this.#pods.at(index);
    const other = await this.#pods.at(index === 0 ? 1 : 0);
    const container = pod.containers[at] ?? { name: '', id: '' };
    const how = planned === 'withheld' && this.#isInGroup ? 'told' : planned;
    if (how === 'group') this.#groupAtMs = performance.now();
    const cgroup = cgroupOf(pod, container.id);
    const inner = how === 'nested' ? cgroupOf(other, other.containers[0]?.id ?? '') : '';
    const isNobodys = how === 'withheld' || how === 'stranger';
    const pid = this.#pid;
    this.#pid += GROUP_SIZE;
    this.#node.kill({
      how,
      pid,
      cgroup: how === 'stranger' ? `${STRANGER}/${container.id}` : cgroup + inner,
    });
    this.#written.push({
      how,
      pid,
      pod: isNobodys ? undefined : pod,
      container: container.name,
      isYoung: !pod.isSteady && performance.now() - pod.sinceMs < NEWS_MS,
    });
  }
}

function cgroupOf({ uid }: LivingPod, containerId: string): string {
  return `/kubepods/burstable/pod${uid}/${containerId}`;
}
