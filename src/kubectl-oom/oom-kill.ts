import type { ContextKind, LimitLevel } from '../oom/episode.ts';

/**
 * One line of the list: what an Event, or a node's history, says of an OOM kill. What is not known is
 * absent; nothing of it is escaped.
 */
export interface OomKill {
  /** Of the line: the same while its count grows. */
  readonly id: string;
  /** Boot id and sequence of the kernel's record: Events of one kill on a Pod and on the Node share it. */
  readonly episode?: string;
  /** Absent where the Node alone was hurt. */
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly node?: string;
  /** Who made the Pod: `ReplicaSet/web-7d4b9c`. */
  readonly owner?: string;
  /** The one that the kernel chose. */
  readonly process?: {
    readonly name: string;
    readonly pid: number;
    readonly anonRssBytes?: number;
  };
  /** The victim and those killed with it. */
  readonly killedProcesses?: number;
  readonly limitLevel?: LimitLevel;
  readonly limitBytes?: number;
  readonly usageBytes?: number;
  readonly context?: ContextKind;
  readonly mainProcessSurvived?: true;
  readonly reason: string;
  readonly message: string;
  /** How many kills it stands for. */
  readonly count: number;
  /** Its kills are several, and of no single one are process and limit known. */
  readonly isCombined: boolean;
  /** ms since the epoch. */
  readonly firstMs?: number;
  readonly lastMs?: number;
  /** The Event, `namespace/name`. */
  readonly event?: string;
}
