import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import { textOf } from './memory-table.ts';
import type { SqlRow } from './prepared-database.ts';

/** `pending`: attribution must wait; `recorded`: its Events are decided; `kept`: it has none. */
export type EpisodeState = 'pending' | 'recorded' | 'kept';

/** An episode as the node remembers it. */
export interface StoredEpisode {
  readonly bootId: string;
  readonly state: EpisodeState;
  /** When it entered the store, ms since the epoch. */
  readonly enteredMs: number;
  readonly episode: OomEpisode;
  readonly attribution?: Attribution;
}

/** One with its place in the order of recording: ids ascend. */
export interface NumberedEpisode extends StoredEpisode {
  readonly id: number;
}

/** A node may run thousands of tasks; who used the memory is told by the largest. */
export const MAX_TASKS_KEPT = 50;

export function idOf(row: SqlRow): number {
  return Number(row['id']);
}

/** An episode's row, but for its id. */
export function toRow({ bootId, state, enteredMs, episode, attribution }: StoredEpisode): SqlRow {
  return {
    boot_id: bootId,
    sequence: episode.sequence,
    at_ms: episode.atMs,
    state,
    entered_ms: enteredMs,
    episode: toJson(episode),
    attribution: attribution === undefined ? null : JSON.stringify(attribution),
  };
}

export function toStored(row: SqlRow): StoredEpisode {
  const { boot_id, state, entered_ms, episode, attribution } = row;
  return {
    bootId: String(boot_id),
    state: state as EpisodeState,
    enteredMs: Number(entered_ms),
    episode: JSON.parse(textOf(episode)),
    ...(attribution !== null && { attribution: JSON.parse(textOf(attribution)) }),
  };
}

export function toNumbered(row: SqlRow): NumberedEpisode {
  return { ...toStored(row), id: idOf(row) };
}

/** With its largest tasks. */
export function toJson(episode: OomEpisode): string {
  const { tasks } = episode;
  if (tasks.length <= MAX_TASKS_KEPT) return JSON.stringify(episode);
  const bySize = tasks.toSorted((a, b) => b.rssPages - a.rssPages);
  const largest = new Set(bySize.slice(0, MAX_TASKS_KEPT));
  return JSON.stringify({ ...episode, tasks: tasks.filter((task) => largest.has(task)) });
}
