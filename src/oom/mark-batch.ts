import {
  type CgroupEventCounters,
  type CgroupEvents,
  type EventsLook,
  movedBy,
} from './cgroup-events.ts';
import { parseCgroupPath } from './cgroup-path.ts';
import type { OomEpisode } from './episode.ts';
import { markedEpisode } from './marked-episode.ts';
import type { Moves } from './marked-places.ts';
import { type Proof, proveMarks } from './prove-marks.ts';
import { countersOf } from './oom-counters.ts';
import type { SeenMark } from './seen-mark.ts';

/** What a batch came to. */
export interface BatchResult extends Omit<Proof, 'kills'> {
  readonly episodes: readonly OomEpisode[];
  /** Kills that the host's counter has of it. */
  readonly counted: number;
  /** Marks that were kills. */
  readonly killed: number;
}

/**
 * Marks that are proved together, and how far the counters moved meanwhile. A runtime removes a container's cgroup
 * about 200 ms after its processes, so its counters are read with its marks, and the last word of one that is gone is kept.
 */
export class MarkBatch {
  readonly #counters: CgroupEventCounters;
  /** The look before the first mark; a cgroup not in it began at 0. */
  #begun: EventsLook | undefined;
  #last = new Map<string, CgroupEvents>();
  #look: EventsLook | undefined;
  #marks: readonly SeenMark[] = [];

  /** Looks where the counters stand: whoever is marked from now on is counted from now on. */
  constructor(counters: CgroupEventCounters) {
    this.#counters = counters;
    this.look();
    this.#begin();
  }

  get isOpen(): boolean {
    return this.#marks.length > 0;
  }

  /** Whether only the counters can say where somebody was. */
  get isUntold(): boolean {
    return this.#marks.some(({ cgroup }) => cgroup === undefined);
  }

  add(mark: SeenMark): void {
    this.#marks = [...this.#marks, mark];
    for (const cgroup of countersOf(this.#counters, mark.cgroup ?? '')) {
      const events = this.#counters.read(cgroup);
      if (events !== undefined) this.#last.set(cgroup, events);
    }
  }

  /** Reads all counters. */
  look(): void {
    this.#look = this.#counters.look();
    for (const [cgroup, events] of this.#look?.rows ?? []) this.#last.set(cgroup, events);
  }

  /** What is proved by now; `undefined` while kills go on, or where the kernel counts nothing. */
  prove(): BatchResult | undefined {
    const moves = this.#moves();
    if (moves === undefined) return undefined;
    const { kills, ...rest } = proveMarks(this.#marks, moves);
    const episodes = kills.map((kill) => markedEpisode(kill, kills, moves.cgroups));
    const killed = kills.reduce((sum, { marks }) => sum + marks.length, 0);
    return { episodes, counted: moves.kills, killed, ...rest };
  }

  /** The next one begins where this one ends. */
  close(): void {
    this.#marks = [];
    this.#begin();
  }

  #begin(): void {
    this.#begun = this.#look ?? this.#begun;
    this.#last = new Map(this.#begun?.rows);
  }

  #moves(): Moves | undefined {
    const look = this.#look;
    const before = this.#begun?.rows ?? new Map<string, CgroupEvents>();
    if (look === undefined || look.before !== look.after) return undefined;
    // Of a pod that no look finds nobody knows what was counted before; it is not new.
    const isKnown = (cgroup: string): boolean =>
      before.has(cgroup) || look.rows.has(parseCgroupPath(cgroup)?.podPath ?? cgroup);
    const moved = [...this.#last].flatMap(([cgroup, events]) =>
      isKnown(cgroup) ? [[cgroup, movedBy(before.get(cgroup), events)] as const] : [],
    );
    return {
      isHierarchical: this.#counters.isHierarchical,
      kills: look.after - (this.#begun?.after ?? look.after),
      cgroups: new Map(moved),
      isThere: (cgroup) => look.rows.has(cgroup),
    };
  }
}
