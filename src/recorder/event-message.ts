import { type CgroupOwner, containerPath, parseCgroupPath } from '../oom/cgroup-path.ts';
import type { ContextKind, KilledProcess, OomEpisode } from '../oom/episode.ts';
import type { Attribution, Subject } from '../pods/attribute.ts';
import type { ContainerEntry } from '../pods/pod-directory.ts';
import { formatKb } from './format-kb.ts';
import { safeText } from '../safe-text.ts';

/** What an Event says and why: constant in form, the most important words first. */
export interface EventText {
  readonly reason: 'SystemOOM' | 'OOMKilling';
  readonly message: string;
}

/** The kernel enforces limits in whole pages. */
const PAGE_BYTES = 4096;

const CUT = 'which memory limit was reached is not in what is left of the kernel log';

/** Why nobody knows whose limit it was. */
const UNKNOWN_LIMIT: Readonly<Record<ContextKind, string>> = {
  full: CUT,
  suppressed: 'the kernel withheld which memory limit was reached (rate limit)',
  partial: CUT,
  none: 'which memory limit was reached is not told by the tracepoint, nor by the counters',
};

/** The words of one episode for one of its subjects. */
export function eventText(
  episode: OomEpisode,
  attribution: Attribution,
  subject: Subject,
): EventText {
  if (subject.kind === 'node' && attribution.limitLevel === 'system') return systemOom(episode);
  const limit = limitWords(episode, attribution, subject);
  const killed = killedWords(episode, attribution, subject, limit?.whose ?? '');
  const survived = survivedWords(attribution, subject);
  const message =
    limit === undefined
      ? `K${killed}${survived}${unknownLimitWords(episode, attribution)}`
      : `Memory limit of ${limit.whose}${limit.size} reached: k${killed}${limit.note}${survived}`;
  return { reason: 'OOMKilling', message };
}

/** The kubelet's own words (pkg/kubelet/oom), nothing added: alerts match them. */
function systemOom({ victim }: OomEpisode): EventText {
  const message = `System OOM encountered, victim process: ${commWords(victim)}, pid: ${victim.pid}`;
  return { reason: 'SystemOOM', message };
}

interface LimitWords {
  readonly whose: string;
  readonly size: string;
  readonly note: string;
}

/** Whose limit, in the words a user knows; `undefined` where it was no cgroup's, or nobody knows. */
function limitWords(
  { oomMemcg = '', limitKb }: OomEpisode,
  { limitLevel, owner }: Attribution,
  subject: Subject,
): LimitWords | undefined {
  if (limitLevel === undefined || limitLevel === 'system') return undefined;
  const size = limitKb === undefined ? '' : ` (${formatKb(limitKb)})`;
  const words = (whose: string, note = ''): LimitWords => ({ whose, size, note });
  if (subject.kind === 'node') return words(safeText(oomMemcg));
  const { container } = subject;
  switch (limitLevel) {
    case 'container':
      return words(insideWords(oomMemcg, owner) + containerWords(container));
    case 'pod':
      return isLimitOf(container, limitKb)
        ? words(containerWords(container))
        : words('the pod', ', pod limit');
    case 'qos':
      return words(`QoS class cgroup ${safeText(oomMemcg)}`, ', QoS class limit');
    case 'node-allocatable':
      return words('all pods on the node', ', node allocatable limit');
    case 'host':
      return words(safeText(oomMemcg));
  }
}

/** A one-container pod is charged at its pod's cgroup: the limit people set is the container's. */
export function isLimitOf(
  container: ContainerEntry | undefined,
  limitKb: number | undefined,
): boolean {
  if (container?.limitBytes === undefined || limitKb === undefined) return false;
  const pages = (bytes: number): number => Math.floor(bytes / PAGE_BYTES);
  return pages(container.limitBytes) === pages(limitKb * 1024);
}

/** A container may divide its cgroup, with limits of its own: they are not what people set. */
function insideWords(oomMemcg: string, owner: CgroupOwner | undefined): string {
  const isBelow = owner !== undefined && oomMemcg !== containerPath(oomMemcg, owner.podPath);
  return isBelow ? 'a cgroup inside ' : '';
}

function containerWords(container: ContainerEntry | undefined): string {
  return container === undefined ? 'a container' : `container ${container.name}`;
}

function killedWords(
  { victim, members, group, context }: OomEpisode,
  { owner, isOneOfSeveral = false }: Attribution,
  subject: Subject,
  whose: string,
): string {
  const where = whereWords(owner, subject, whose);
  if (isOneOfSeveral) {
    const what = context === 'none' ? 'marked as victims' : 'killed';
    return `illed a process${where}, one of several ${what} at that moment`;
  }
  const rss = victim.anonRssKb === undefined ? '' : `, anon-rss ${formatKb(victim.anonRssKb)}`;
  const others = othersWords(members.length, where === '' && isOfContainer(group));
  // A name that nobody told is no empty name.
  const name = context === 'none' && victim.comm === '' ? '' : `${commWords(victim)} `;
  return `illed process ${name}(pid ${victim.pid})${others}${where}${rss}`;
}

export function othersWords(others: number, areOfContainer: boolean): string {
  if (others === 0) return '';
  const whose = areOfContainer ? ' of the container' : '';
  return ` and ${others} other process${others === 1 ? '' : 'es'}${whose}`;
}

/** The kubelet makes each container a group; somebody else may have made the pod one. */
function isOfContainer(group: string | undefined): boolean {
  return group !== undefined && parseCgroupPath(group)?.containerId !== undefined;
}

function survivedWords({ mainProcessSurvived }: Attribution, subject: Subject): string {
  return mainProcessSurvived === true && subject.kind === 'pod' && subject.container !== undefined
    ? ", the container's main process survived"
    : '';
}

/** Where the victim lived, unless the limit's owner said it already. */
function whereWords(owner: CgroupOwner | undefined, subject: Subject, whose: string): string {
  if (subject.kind === 'pod') {
    const container = subject.container === undefined ? '' : containerWords(subject.container);
    return container === '' || whose.endsWith(container) ? '' : ` in ${container}`;
  }
  if (owner === undefined) return '';
  const id = owner.containerId === undefined ? '' : `, container ${owner.containerId}`;
  return ` in a pod unknown on this node (pod ${owner.podUid}${id})`;
}

function unknownLimitWords({ context, oomMemcg }: OomEpisode, { limitLevel }: Attribution): string {
  if (limitLevel === 'system') return ', system-wide OOM';
  // The kernel told it; whose cgroup that is waits for news of the pods.
  if (oomMemcg !== undefined) return '';
  return `: ${UNKNOWN_LIMIT[context]}`;
}

/** A process may have no name at all, or one made of control characters. */
export function commWords({ comm }: Pick<KilledProcess, 'comm'>): string {
  return comm === '' ? '""' : safeText(comm);
}
