import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from './attribute.ts';
import type { ContainerEntry, PodEntry } from './pod-directory.ts';

/** A container's main process is dead at once; its runtime notes the end within this. */
const END_NOTED_MS = 2000;
/** metav1.Time has whole seconds. */
const SECOND_MS = 1000;
/** Kills are compared with those around them; older ones are forgotten. */
const REMEMBERED_MS = 60_000;

/** What its status says of a container, in the kubelet's and the runtime's word. */
const OOM_KILLED = 'OOMKilled';

interface SeenKill {
  readonly sequence: number;
  readonly atMs: number;
  /** The pods and containers its cgroup names. */
  readonly names: readonly string[];
  /** Nobody told its cgroup, and it may have been a container's. */
  readonly isWithheld: boolean;
}

interface EndedContainer {
  readonly pod: PodEntry;
  readonly container: ContainerEntry;
  readonly endedAtMs: number;
  readonly id: string;
}

/**
 * The last witness of a withheld kill: a container whose status says `OOMKilled` at that time. It is
 * that kill's only where every other kill around is accounted for; among several kills each
 * container gets one, and no pid is claimed. A child's kill leaves no such status.
 */
export class StatusWitness {
  readonly #recordsLost: () => number;
  #lost: number;
  #seen: readonly SeenKill[] = [];
  /** The ends of containers that have been told as a kill's already. */
  #given: readonly EndedContainer[] = [];
  /** Records were lost about then: there may have been kills among them. */
  #doubtedUntilMs = -Infinity;

  constructor(recordsLost: () => number) {
    this.#recordsLost = recordsLost;
    this.#lost = recordsLost();
  }

  /** Takes an episode down; one that has more to say takes its own place. */
  see(episode: OomEpisode, nowMs: number): void {
    this.#noteLosses(nowMs);
    const { sequence, atMs } = episode;
    const names = cgroupOwners(cgroupOf(episode) ?? '').map(
      ({ podUid, containerId }) => containerId ?? podUid,
    );
    const others = this.#seen.filter((kill) => kill.sequence !== sequence || kill.atMs !== atMs);
    this.#seen = [...others, { sequence, atMs, names, isWithheld: isWithheld(episode) }].filter(
      (kill) => atMs - kill.atMs < REMEMBERED_MS,
    );
    this.#given = this.#given.filter(({ endedAtMs }) => atMs - endedAtMs < REMEMBERED_MS);
  }

  /** Whose it was, by what the pods say by now; `undefined` where they do not tell. */
  testify(episode: OomEpisode, pods: readonly PodEntry[], nowMs: number): Attribution | undefined {
    this.#noteLosses(nowMs);
    if (episode.atMs <= this.#doubtedUntilMs) return undefined;
    const near = pods
      .flatMap(endedContainers)
      .filter((one) => isNear(episode, one) && !this.#seen.some(({ names }) => claims(names, one)));
    const chosen = near.find((one) => !this.#given.some((other) => isSame(one, other)));
    if (chosen === undefined) return undefined;
    this.#given = [...this.#given, chosen];
    const { pod, container } = chosen;
    return {
      subjects: [{ kind: 'pod', pod, container }],
      source: 'pod-status',
      ...(!this.#isAlone(near) && { isOneOfSeveral: true }),
    };
  }

  /** One kill and one container: there is no other way to put them together. */
  #isAlone(near: readonly EndedContainer[]): boolean {
    const rivals = this.#seen.filter(
      (kill) => kill.isWithheld && near.some((one) => isNear(kill, one)),
    );
    return near.length === 1 && rivals.length === 1;
  }

  #noteLosses(nowMs: number): void {
    const lost = this.#recordsLost();
    if (lost === this.#lost) return;
    this.#lost = lost;
    this.#doubtedUntilMs = nowMs + END_NOTED_MS;
  }
}

/** Whether only a pod's status can tell whose it was. */
export function isWithheld(episode: OomEpisode): boolean {
  return cgroupOf(episode) === undefined && episode.limitLevel === undefined;
}

function cgroupOf({ taskMemcg, evidence }: OomEpisode): string | undefined {
  return taskMemcg ?? evidence?.cgroup;
}

function endedContainers(pod: PodEntry): readonly EndedContainer[] {
  return pod.containers.flatMap((container) => {
    const { reason, finishedAtMs, containerId } = container.lastTermination ?? {};
    if (reason !== OOM_KILLED || finishedAtMs === undefined) return [];
    return [{ pod, container, endedAtMs: finishedAtMs, id: containerId ?? '' }];
  });
}

function isNear({ atMs }: { readonly atMs: number }, { endedAtMs }: EndedContainer): boolean {
  return endedAtMs > atMs - SECOND_MS && endedAtMs <= atMs + END_NOTED_MS;
}

function isSame(one: EndedContainer, other: EndedContainer): boolean {
  return one.id === other.id && one.endedAtMs === other.endedAtMs && one.pod.uid === other.pod.uid;
}

/** A kill whose container was known accounts for its end; one whose pod alone was known, for the pod's. */
function claims(names: readonly string[], { pod, id }: EndedContainer): boolean {
  return names.includes(id) || names.includes(pod.cgroupUid);
}
