import { parseCgroupPath } from '../oom/cgroup-path.ts';
import type {
  KilledProcess,
  LimitLevel,
  MemoryStatistics,
  OomEpisode,
  TaskRow,
} from '../oom/episode.ts';
import { pageSizeKb } from '../oom/page-size.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { ContainerEntry, PodEntry } from '../pods/pod-directory.ts';
import { formatKb } from '../recorder/format-kb.ts';
import { safeText } from '../safe-text.ts';
import type { MemoryBreakdown } from './explanation.ts';
import { breakDown } from './break-down.ts';

/** What the rules decide by: the episode, and what follows from it. */
export interface Facts {
  readonly episode: OomEpisode;
  readonly attribution: Attribution;
  readonly level: LimitLevel | undefined;
  readonly pod: PodEntry | undefined;
  readonly container: ContainerEntry | undefined;
  readonly killed: readonly KilledProcess[];
  readonly pageKb: number | undefined;
  readonly memory: MemoryStatistics;
  readonly breakdown: MemoryBreakdown | undefined;
  /** The rows of a table that the kernel printed whole. */
  readonly tasks: readonly TaskRow[];
  /** Only the largest of them were kept. */
  readonly isTableCut: boolean;
  /** Whoever reads this may not see them. */
  readonly isTableHidden: boolean;
}

/** Puts together what is known of an episode and its owner. */
export function factsOf(
  episode: OomEpisode,
  attribution: Attribution,
  isTableCut: boolean,
  isTableHidden = false,
): Facts {
  const { victim, members, tasks, memory = {}, usageKb } = episode;
  const killed = [victim, ...members];
  const found = attribution.subjects.find((subject) => subject.kind === 'pod');
  const wholeKb = usageKb ?? memory.totalKb;
  return {
    episode,
    attribution,
    level: attribution.limitLevel,
    pod: found?.pod,
    container: found?.container,
    killed,
    pageKb: pageSizeKb(killed, tasks),
    memory,
    breakdown: wholeKb === undefined ? undefined : breakDown(memory, wholeKb),
    tasks: episode.context === 'full' ? tasks : [],
    isTableCut,
    isTableHidden,
  };
}

/** `part` as a share of what was held, 0 where either is not known. */
export function shareOf({ breakdown }: Facts, kb: number | undefined): number {
  const { wholeKb = 0 } = breakdown ?? {};
  return kb === undefined || wholeKb === 0 ? 0 : kb / wholeKb;
}

/** A size and its share, `12Mi (60 %)`. */
export function sizeWords(facts: Facts, kb: number): string {
  return `${formatKb(kb)} (${Math.round(shareOf(facts, kb) * 100)} %)`;
}

/** A name that somebody chose, as it may stand in a sentence of any format. */
export function quoted(name: string): string {
  return `\`${safeText(name).replaceAll('`', String.raw`\x60`)}\``;
}

/** `sysrq f`: the kernel gives its order as -1. */
export function isAskedFor({ episode }: Facts): boolean {
  return episode.invoker?.order === -1;
}

/** Whether the kubelet made this cgroup, for a container. */
export function isContainers(cgroup: string): boolean {
  return parseCgroupPath(cgroup)?.containerId !== undefined;
}
