import type { CounterLook } from './oom-counters.ts';

/** What the kernel counted in a memory cgroup; on v2 in all cgroups below it as well. */
export interface CgroupEvents {
  /** `oom_kill`: every kill. A group's first victim is in it twice, where it lived long enough. */
  readonly kills: number;
  /** `oom_group_kill`, from Linux 5.17 on: kills of whole groups. */
  readonly groupKills?: number | undefined;
  /** `oom`: how often a limit was reached, here or below, and nothing could be freed. */
  readonly ooms?: number | undefined;
  /** The same of `memory.events.local`: this cgroup's own limit. */
  readonly oomsHere?: number | undefined;
  /** Its limit, where that was ever reached. */
  readonly limitKb?: number | undefined;
}

/** Of the top of the hierarchy, whatever pods are below, the pods, and their containers. */
export type EventsLook = CounterLook<CgroupEvents>;

/** The kernel's counters, as the tracepoint's marks are proved by them. */
export interface CgroupEventCounters {
  /** v2: a cgroup's counter includes what happened below it. */
  readonly isHierarchical: boolean;
  /** Of one cgroup; `undefined` where it is gone. */
  read(cgroup: string): CgroupEvents | undefined;
  /** Of all; `undefined` where the kernel counts nothing. */
  look(): EventsLook | undefined;
}

/** By how much a counter moved; one of a cgroup that was made anew began at 0. */
export function movedBy(before: CgroupEvents | undefined, after: CgroupEvents): CgroupEvents {
  const isNew = before === undefined || after.kills < before.kills;
  const by = (key: 'groupKills' | 'ooms' | 'oomsHere'): number | undefined => {
    const now = after[key];
    return now === undefined ? undefined : Math.max(0, now - (isNew ? 0 : (before[key] ?? 0)));
  };
  return {
    kills: after.kills - (isNew ? 0 : before.kills),
    groupKills: by('groupKills'),
    ooms: by('ooms'),
    oomsHere: by('oomsHere'),
    limitKb: after.limitKb,
  };
}
