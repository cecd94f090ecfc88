import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { LimitLevel, OomEpisode } from '../oom/episode.ts';
import type { Attribution } from './attribute.ts';
import { SECOND_MS, wasKilledSince } from './container-end.ts';
import type { ContainerEntry, PodEntry } from './pod-directory.ts';

/** A container's main process is dead at once; its runtime notes the end within this. */
const END_NOTED_MS = 2000;
/** Beyond these the oldest kills are forgotten, and containers that are older with them. 100 KB. */
const MAX_REMEMBERED = 1000;

/** Limits that pods share. A system-wide OOM has none, and tells nobody but its victim's container. */
const ABOVE_PODS: ReadonlySet<LimitLevel> = new Set(['qos', 'node-allocatable']);

/** What its status says of a container, in the kubelet's and the runtime's word. */
const OOM_KILLED = 'OOMKilled';

interface SeenKill {
  readonly sequence: number;
  readonly atMs: number;
  /** The containers, or pods without one, that it was in, or that share the limit. */
  readonly names: readonly string[];
  /**
   * A container of any other pod may be called `OOMKilled` for it: its cgroup is not known for
   * certain, or its limit is one above pods. cgroup v1 tells everybody below that limit
   * (mem_cgroup_oom_notify(), mm/memcontrol.c).
   */
  readonly mayBeAnyones: boolean;
  /** Of those, the ones whose cgroup is not known for certain. */
  readonly isOpen: boolean;
}

interface EndedContainer {
  readonly pod: PodEntry;
  readonly container: ContainerEntry;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly id: string;
}

/**
 * The last evidence of a withheld kill: a container whose main process was killed at that time, and
 * which its status calls `OOMKilled`. That word alone proves nothing, for a runtime uses it when
 * anybody was ever killed in the container's life, be it an hour before. So it counts only where every
 * kill of that life was seen, and no other than this one, or one as unknown at the same moment, can
 * have been the reason. Among several each container gets one, and no pid is claimed.
 */
export class StatusEvidence {
  readonly #recordsLost: () => number;
  #lost: number;
  #seen: readonly SeenKill[] = [];
  /** Every kill since was seen. */
  #completeSinceMs: number;

  constructor(recordsLost: () => number, nowMs: number) {
    this.#recordsLost = recordsLost;
    this.#lost = recordsLost();
    this.#completeSinceMs = nowMs;
  }

  /** Takes an episode down; one that has more to say takes its own place. */
  see(episode: OomEpisode, nowMs: number): void {
    this.#noteLosses(nowMs);
    this.#remember(seenKill(episode));
  }

  /** Whose it was, by what the pods say by now; `undefined` where they do not tell. */
  evidenceOf(
    episode: OomEpisode,
    pods: readonly PodEntry[],
    nowMs: number,
  ): Attribution | undefined {
    this.#noteLosses(nowMs);
    const ended = pods.flatMap((pod) => endedContainers(pod, episode));
    const proved = ended.filter((one) => this.#isProved(one));
    const rivals = this.#seen.filter(
      (kill) => kill.isOpen && proved.some((one) => isNear(kill.atMs, one.endedAtMs)),
    );
    const [chosen, ...others] = proved;
    const untold = rivals.filter(({ names }) => names.length === 0);
    // More ends than kills: something else ended some of them.
    if (chosen === undefined || proved.length > untold.length) return undefined;
    const isAlone = others.length === 0 && rivals.length === 1;
    const told = { ...seenKill(episode), names: [chosen.id] };
    this.#remember(isAlone ? { ...told, isOpen: false, mayBeAnyones: false } : told);
    const { pod, container } = chosen;
    return {
      subjects: [{ kind: 'pod', pod, container }],
      source: 'pod-status',
      ...(!isAlone && { isOneOfSeveral: true }),
    };
  }

  /** Only a kill that nobody can tell, at the moment of its end, can have made it `OOMKilled`. */
  #isProved({ pod, id, startedAtMs, endedAtMs }: EndedContainer): boolean {
    if (startedAtMs < this.#completeSinceMs) return false;
    const inItsLife = this.#seen.filter(
      ({ atMs }) => atMs >= startedAtMs && atMs < endedAtMs + SECOND_MS,
    );
    return inItsLife.every(({ names, mayBeAnyones, isOpen, atMs }) => {
      if (names.includes(id) || names.includes(pod.cgroupUid)) return false;
      return !mayBeAnyones || (isOpen && isNear(atMs, endedAtMs));
    });
  }

  /** A kill may be seen again, with lines of it that came late. */
  #remember(kill: SeenKill): void {
    const isOther = ({ sequence, atMs }: SeenKill): boolean =>
      sequence !== kill.sequence || atMs !== kill.atMs;
    this.#seen = [...this.#seen.filter(isOther), kill];
    if (this.#seen.length <= MAX_REMEMBERED) return;
    const [oldest, ...kept] = this.#seen;
    this.#seen = kept;
    this.#completeSinceMs = Math.max(this.#completeSinceMs, (oldest?.atMs ?? 0) + 1);
  }

  /** There may have been kills among the lost records. */
  #noteLosses(nowMs: number): void {
    const lost = this.#recordsLost();
    if (lost !== this.#lost) this.#completeSinceMs = nowMs;
    this.#lost = lost;
  }
}

/** Whether only a pod's status can tell whose it was. */
export function isWithheld(episode: OomEpisode): boolean {
  return cgroupOf(episode) === undefined && episode.limitLevel === undefined;
}

function cgroupOf({ taskMemcg, evidence }: OomEpisode): string | undefined {
  return taskMemcg ?? evidence?.cgroup;
}

function seenKill(episode: OomEpisode): SeenKill {
  const { sequence, atMs, limitLevel, taskMemcg, evidence } = episode;
  const isSure = taskMemcg !== undefined || (evidence !== undefined && !evidence.isOneOfSeveral);
  const names = cgroupOwners(cgroupOf(episode) ?? '').map(({ podUid, containerId }) =>
    limitLevel === 'pod' ? podUid : (containerId ?? podUid),
  );
  const mayBeAnyones = !isSure || limitLevel === undefined || ABOVE_PODS.has(limitLevel);
  return { sequence, atMs, names, mayBeAnyones, isOpen: !isSure && limitLevel === undefined };
}

/** Those of a pod that the runtime calls `OOMKilled`, and that were killed at the time of a kill. */
function endedContainers(pod: PodEntry, { atMs }: OomEpisode): readonly EndedContainer[] {
  return pod.containers.flatMap((container) => {
    const { lastTermination = {} } = container;
    const { reason, startedAtMs, finishedAtMs: endedAtMs, containerId: id } = lastTermination;
    if (reason !== OOM_KILLED || !wasKilledSince(lastTermination, atMs)) return [];
    if (id === undefined || startedAtMs === undefined || endedAtMs === undefined) return [];
    return isNear(atMs, endedAtMs) ? [{ pod, container, startedAtMs, endedAtMs, id }] : [];
  });
}

function isNear(atMs: number, endedAtMs: number): boolean {
  return endedAtMs > atMs - SECOND_MS && endedAtMs <= atMs + END_NOTED_MS;
}
