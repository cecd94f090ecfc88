import { cgroupOwners, type CgroupOwner, parseCgroupPath } from '../oom/cgroup-path.ts';
import type { EvidenceSource, LimitLevel, OomEpisode } from '../oom/episode.ts';
import { limitLevel } from '../oom/limit-level.ts';
import type { ContainerEntry, PodDirectory, PodEntry } from './pod-directory.ts';

/** The object an Event is about. A Pod's may name the container that was hurt. */
export type Subject =
  | { readonly kind: 'node' }
  | { readonly kind: 'pod'; readonly pod: PodEntry; readonly container?: ContainerEntry };

/**
 * What told whose it was: `kernel` the report itself, `group-line` the one line of a withheld report
 * that names a cgroup, `pod-status` the pod's own `OOMKilled`; `none` where nothing did.
 */
export type AttributionSource = 'kernel' | 'group-line' | EvidenceSource | 'pod-status' | 'none';

/** Whose an episode was. */
export interface Attribution {
  /** One Event for each; none for a pod of another node on the same kernel. */
  readonly subjects: readonly Subject[];
  /** What the victim's cgroup path says, where it says anything. */
  readonly owner?: CgroupOwner;
  /** The victim's cgroup: the kernel's word, else the evidence's. */
  readonly cgroup?: string;
  /** Whose limit it was, seen from the owner; absent where the kernel withheld it. */
  readonly limitLevel?: LimitLevel;
  readonly source: AttributionSource;
  /** Somebody was killed there, and nothing says that it was this process: claim no pid. */
  readonly isOneOfSeveral?: boolean;
  /** A child was killed, and it alone: the container goes on. Only where that was seen. */
  readonly mainProcessSurvived?: boolean;
  /** Too many episodes were pending: said before it had waited for news of the pods. */
  readonly isEarly?: boolean;
}

/** What stands before `kubepods` on the node itself: nothing, kubelet's cgroup root, or (colon form) the runtime's service. */
const NODE_LEVEL = /^\/(?:kubelet(?:\.slice)?|[\w.-]+\.slice\/[\w.-]+\.service)?$/;

const NODE: Subject = { kind: 'node' };

/**
 * Finds whose an episode was, by the victim's cgroup path alone; it never guesses.
 *
 * Of several pods in a path the outermost one that this node runs wins. A path that names no pod of
 * this node blames no Pod: at the node's own level the Node is the subject, and below something
 * else (kind: another node's pod on the same kernel) nobody is. A system-wide OOM hurts the Node,
 * and the Pod as well.
 */
export function attribute(episode: OomEpisode, pods: PodDirectory): Attribution {
  const { evidence, taskMemcg } = episode;
  const cgroup = taskMemcg ?? evidence?.cgroup;
  const owners = cgroup === undefined ? [] : cgroupOwners(cgroup);
  const found = findPod(owners, pods, episode);
  const owner = found?.owner ?? owners[0];
  const level = levelFor(episode, owner);
  return {
    subjects: subjectsOf(found?.subject, owner, level === 'system', pods),
    ...(owner !== undefined && { owner }),
    ...(cgroup !== undefined && { cgroup }),
    ...(level !== undefined && { limitLevel: level }),
    source: sourceOf(episode),
    ...(taskMemcg === undefined && evidence?.isOneOfSeveral && { isOneOfSeveral: true }),
  };
}

/**
 * Whether no news of the pods could say more: the container is found, or there is none to find. A
 * deleted pod's status gets no newer.
 */
export function isFinal({ subjects, owner }: Attribution): boolean {
  if (owner === undefined) return true;
  const pod = subjects.find((subject) => subject.kind === 'pod');
  if (pod === undefined) return false;
  const isKnown = pod.container !== undefined || owner.containerId === undefined;
  return isKnown || pod.pod.deletedAtMs !== undefined;
}

/** A withheld report's cgroup can only come from its group line. */
function sourceOf({ taskMemcg, evidence, context }: OomEpisode): AttributionSource {
  if (taskMemcg === undefined) return evidence?.source ?? 'none';
  return context === 'suppressed' ? 'group-line' : 'kernel';
}

function findPod(
  owners: readonly CgroupOwner[],
  pods: PodDirectory,
  episode: OomEpisode,
): { readonly owner: CgroupOwner; readonly subject: Subject } | undefined {
  for (const owner of owners) {
    const pod = pods.byCgroupUid(owner.podUid);
    if (pod === undefined) continue;
    const { containerId } = owner;
    const container =
      containerId === undefined ? onlyOneLeft(pod, episode) : containerOf(pod, containerId);
    return { owner, subject: { kind: 'pod', pod, ...(container !== undefined && { container }) } };
  }
  return undefined;
}

/** `pause` is in no container status: the Pod alone is named then. */
function containerOf({ containers }: PodEntry, containerId: string): ContainerEntry | undefined {
  return containers.find(({ ids }) => ids.includes(containerId));
}

/**
 * Where the pod's counter alone moved: the container in which somebody can have been killed, if it is
 * the only one. In the others the counter stood still, or they cannot run any more: the status of one
 * that ended may be older than its restart.
 */
function onlyOneLeft(pod: PodEntry, { evidence, taskMemcg }: OomEpisode) {
  if (taskMemcg !== undefined || evidence?.source !== 'pod-counter') return undefined;
  const unmoved = new Set(
    (evidence.unmoved ?? []).map((cgroup) => parseCgroupPath(cgroup)?.containerId),
  );
  const [left, ...others] = pod.containers.filter(
    (container) => !container.ids.some((id) => unmoved.has(id)) && !isDone(container, pod),
  );
  return others.length === 0 ? left : undefined;
}

/** An init container that completed, in a pod whose own containers have been started since. */
function isDone({ list, restarts, lastTermination }: ContainerEntry, { containers }: PodEntry) {
  const isInit = list === 'initContainers' && restarts !== true;
  const hasBegun = containers.some((other) => other.list === 'containers' && other.ids.length > 0);
  return isInit && hasBegun && lastTermination?.reason === 'Completed';
}

function subjectsOf(
  pod: Subject | undefined,
  owner: CgroupOwner | undefined,
  isSystemWide: boolean,
  pods: PodDirectory,
): readonly Subject[] {
  if (pod !== undefined) return isSystemWide ? [NODE, pod] : [pod];
  const isElsewhere = owner !== undefined && pods.isComplete && !NODE_LEVEL.test(owner.above);
  return isElsewhere && !isSystemWide ? [] : [NODE];
}

/** The same limit is another level for a pod that runs within another pod's container. */
function levelFor(episode: OomEpisode, owner: CgroupOwner | undefined): LimitLevel | undefined {
  const { oomMemcg } = episode;
  if (oomMemcg === undefined || owner === undefined) return episode.limitLevel;
  return limitLevel(oomMemcg, owner);
}
