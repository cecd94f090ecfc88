import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { Drained } from '../kmsg/record.ts';
import { advance, finish } from './advance-assembly.ts';
import { type Assembly, type Completed, resumeAfter } from './assembly.ts';
import type { OomEpisode } from './episode.ts';
import type { RecordWithEvidence } from './look-at-kills.ts';
import { deadlineMs } from './report-clock.ts';

/** What the assembler adds up. */
export interface EpisodeTally {
  episodes: number;
  /** Processes killed: victims and members. */
  killed: number;
  /** Kernel kill lines in them: what `/proc/vmstat` counts. */
  killLines: number;
  /** Episodes whose context the kernel withheld. */
  suppressed: number;
  /** Contexts the kernel itself says it withheld. */
  callbacksSuppressed: number;
}

/** What the assembler asks of whoever runs it. */
export interface AssemblerOptions {
  /** Reads whatever the log holds now, before a clock is believed; emits `drained` when it is empty. */
  readonly drainNow: () => void;
  /** Runs the timers; the time itself comes with `Drained.atMs`. */
  readonly scheduler: SchedulerLike;
  readonly tally: EpisodeTally;
  /**
   * The last episodes of an earlier process, the newest first, where nothing was lost since. Asked
   * when the first item has come.
   */
  readonly recent?: () => readonly OomEpisode[];
  /**
   * Told of each item behind which no report is open: every episode before it has been emitted.
   * Returns in how many ms to look at the log once more, where that must not wait for a record.
   */
  readonly onIdle?: (item: RecordWithEvidence | Drained) => number | undefined;
}

/**
 * Turns the kernel's lines into episodes. One whose lines came late is emitted again, whole, with the
 * same `sequence` and more `killLines`.
 *
 *     in    --header--table--oom-kill--kill--drained----------drained--
 *     out   ---------------------------------------------------episode-
 *                                            |- group's wait -|
 *
 * Everything is decided by `advance`; this only runs its clock: when a report is open and the log
 * drained, look once more at the deadline. No timer runs while no report is open.
 */
export function assembleEpisodes({
  drainNow,
  scheduler,
  tally,
  recent = () => [],
  onIdle,
}: AssemblerOptions): OperatorFunction<RecordWithEvidence | Drained, OomEpisode> {
  return (items$) =>
    new Observable<OomEpisode>((subscriber) => {
      let known: Assembly | undefined;
      let timer: Subscription | undefined;
      let armedMs: number | undefined;

      const step = (after: Assembly): Assembly => {
        if (deadlineMs(after) === undefined) disarm();
        known = after;
        for (const completed of after.completed) {
          count(tally, completed);
          subscriber.next(completed.episode);
        }
        return after;
      };
      const end = (): void => {
        if (known !== undefined) step(finish(known));
      };
      const disarm = (): void => {
        timer?.unsubscribe();
        armedMs = undefined;
      };
      const arm = (lookMs: number | undefined, nowMs: number): void => {
        if (lookMs === undefined || lookMs === armedMs) return;
        disarm();
        armedMs = lookMs;
        timer = scheduler.schedule(() => {
          armedMs = undefined;
          drainNow();
        }, lookMs - nowMs);
      };

      subscriber.add(disarm);
      subscriber.add(
        items$.subscribe({
          next: (item) => {
            if (item.kind === 'record' && item.line?.kind === 'callbacks-suppressed')
              tally.callbacksSuppressed += item.line.count;
            const after = step(advance(known ?? resumeAfter(recent()), item));
            const againMs = after.report === undefined ? onIdle?.(item) : undefined;
            if (item.kind !== 'drained') return;
            arm(againMs === undefined ? deadlineMs(after) : item.atMs + againMs, item.atMs);
          },
          error: (error: unknown) => {
            end();
            subscriber.error(error);
          },
          complete: () => {
            end();
            subscriber.complete();
          },
        }),
      );
    });
}

/** What was counted of an episode before it was completed anew is not counted again. */
function count(tally: EpisodeTally, { episode, before }: Completed): void {
  tally.killed += processes(episode) - processes(before);
  tally.killLines += episode.killLines - (before?.killLines ?? 0);
  if (before !== undefined) return;
  tally.episodes += 1;
  if (episode.context === 'suppressed') tally.suppressed += 1;
}

function processes(episode: OomEpisode | undefined): number {
  return episode === undefined ? 0 : 1 + episode.members.length;
}
