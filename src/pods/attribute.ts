import { cgroupOwners, type CgroupOwner, parseCgroupPath } from '../oom/cgroup-path.ts';
import type { LimitLevel, OomEpisode } from '../oom/episode.ts';
import { limitLevel } from '../oom/limit-level.ts';
import { onlyOneLeft, wasKilledSince } from './container-end.ts';
import { OwnLevels } from './own-levels.ts';
import type { ContainerEntry, PodDirectory, PodEntry } from './pod-directory.ts';

/** The object an Event is about. A Pod's may name the container that was hurt. */
export type Subject =
  | { readonly kind: 'node' }
  | { readonly kind: 'pod'; readonly pod: PodEntry; readonly container?: ContainerEntry };

/**
 * What told whose it was: `kernel` the report itself, `group-line` the one line of a withheld report
 * that names a cgroup, `main-process` the pid of a container's main process, and the container's end;
 * `pod-status` the pod's own `OOMKilled`; `none` where nothing did. The others are an `EvidenceSource`.
 */
export const ATTRIBUTION_SOURCES = [
  'kernel',
  'group-line',
  'proc',
  'snapshot',
  'main-process',
  'counters',
  'pod-counter',
  'pod-status',
  'none',
] as const;
export type AttributionSource = (typeof ATTRIBUTION_SOURCES)[number];

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

/** What is not known of whose an episode was, and may yet be. */
export type Missing = 'nothing' | 'pod' | 'container';

/** What stands before `kubepods` on the node itself: nothing, kubelet's cgroup root, or (colon form) the runtime's service. */
const NODE_LEVEL = /^\/(?:kubelet(?:\.slice)?|[\w.-]+\.slice\/[\w.-]+\.service)?$/;

const NODE: Subject = { kind: 'node' };

/**
 * Finds whose an episode was: by the victim's cgroup path, from the kernel or from the evidence; where
 * that leaves the process or the container open, by what the statuses of the pod's containers rule out.
 *
 * Of several pods in a path the outermost one that this node runs wins; where the node's own pods
 * stand, the outermost one alone, for one that is not known there is gone. A path that names no pod of
 * this node blames no Pod: at the node's own level the Node is the subject, and below something
 * else (kind: another node's pod on the same kernel) nobody is. A system-wide OOM hurts the Node,
 * and the Pod as well.
 */
export function attribute(
  episode: OomEpisode,
  pods: PodDirectory,
  ownLevels: Pick<OwnLevels, 'has'> = new OwnLevels(),
): Attribution {
  const { evidence, taskMemcg } = episode;
  const mainProcess = mainProcessIn(episode, pods);
  const cgroup = taskMemcg ?? mainProcess ?? evidence?.cgroup;
  const isUnsure = cgroup !== (taskMemcg ?? mainProcess) && evidence?.isOneOfSeveral === true;
  const owners = cgroup === undefined ? [] : cgroupOwners(cgroup);
  const found = findPod(owners, { pods, ownLevels }, episode);
  const owner = found?.owner ?? owners[0];
  const level = levelFor(episode, owner);
  return {
    subjects: subjectsOf(found?.subject, owner, level === 'system', pods),
    ...(owner !== undefined && { owner }),
    ...(cgroup !== undefined && { cgroup }),
    ...(level !== undefined && { limitLevel: level }),
    source: mainProcess === undefined ? sourceOf(episode) : 'main-process',
    ...(isUnsure && { isOneOfSeveral: true }),
  };
}

/**
 * The cgroup in which the victim was the main process, where the pid says so and the container's
 * status that it ran until then: no other process can have had the pid.
 */
function mainProcessIn(
  { taskMemcg, evidence, atMs }: OomEpisode,
  pods: PodDirectory,
): string | undefined {
  const { podUid, containerId } = parseCgroupPath(evidence?.likely ?? '') ?? {};
  if (taskMemcg !== undefined || podUid === undefined || containerId === undefined)
    return undefined;
  const pod = pods.byCgroupUid(podUid, containerId);
  const end = pod === undefined ? undefined : containerOf(pod, containerId)?.lastTermination;
  const isItsEnd = end?.containerId === containerId && wasKilledSince(end, atMs);
  return isItsEnd ? evidence?.likely : undefined;
}

/**
 * What news of the pods could still say: nothing where the container is found, or there is none to
 * find, for a deleted pod's status gets no newer; the container also where its end would name the
 * process; the pod, where one that the path names is not known, be it outside of the one that is
 * found.
 */
export function missingFrom(
  { subjects, owner, cgroup, isOneOfSeveral }: Attribution,
  { evidence }: OomEpisode,
): Missing {
  if (owner === undefined) return 'nothing';
  const pod = subjects.find((subject) => subject.kind === 'pod');
  if (pod === undefined) return 'pod';
  const mayBeNamed = isOneOfSeveral === true && evidence?.likely !== undefined;
  const hasName = pod.container !== undefined || owner.containerId === undefined;
  const isKnown = hasName && !mayBeNamed;
  if (!isKnown && pod.pod.deletedAtMs === undefined) return 'container';
  const isOutermost = parseCgroupPath(cgroup ?? '')?.podPath === owner.podPath;
  return isOutermost ? 'nothing' : 'pod';
}

/** A withheld report's cgroup can only come from its group line. */
function sourceOf({ taskMemcg, evidence, context }: OomEpisode): AttributionSource {
  if (taskMemcg === undefined) return evidence?.source ?? 'none';
  return context === 'suppressed' ? 'group-line' : 'kernel';
}

function findPod(
  owners: readonly CgroupOwner[],
  { pods, ownLevels }: { readonly pods: PodDirectory; readonly ownLevels: Pick<OwnLevels, 'has'> },
  episode: OomEpisode,
): { readonly owner: CgroupOwner; readonly subject: Subject } | undefined {
  for (const owner of owners) {
    const { containerId } = owner;
    const pod = pods.byCgroupUid(owner.podUid, containerId);
    // What lies below an unknown pod is its own invention, unless the node is known not to have it.
    const mayBeOnNode = ownLevels.has(owner) || !pods.isComplete;
    if (pod === undefined && mayBeOnNode) return undefined;
    if (pod === undefined) continue;
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
