import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { Drained } from '../kmsg/record.ts';
import { advance, finish } from './advance-assembly.ts';
import { type Assembly, deadlineMs, IDLE } from './assembly.ts';
import type { OomEpisode } from './episode.ts';
import type { WitnessedRecord } from './kill-evidence.ts';

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

/** What the assembler asks of its surroundings. */
export interface AssemblerOptions {
  /** Reads whatever the log holds now, before a clock is believed; emits `drained` when it is empty. */
  readonly drainNow: () => void;
  /** Runs the timers; the time itself comes with `Drained.atMs`. */
  readonly scheduler: SchedulerLike;
  readonly tally: EpisodeTally;
  /**
   * Told of each item behind which no report is open: every episode before it has been emitted.
   * Returns in how many ms to look at the log once more, where that must not wait for a record.
   */
  readonly onIdle?: (item: WitnessedRecord | Drained) => number | undefined;
}

/**
 * Turns the kernel's lines into episodes.
 *
 *     in    --header--table--oom-kill--kill--drained----------drained--
 *     out   ---------------------------------------------------episode-
 *                                            |-- 20 ms quiet --|
 *
 * Everything is decided by `advance`; this only runs its clock: when a report is open and the log
 * drained, look once more at the deadline. No timer runs while no report is open.
 */
export function assembleEpisodes({
  drainNow,
  scheduler,
  tally,
  onIdle,
}: AssemblerOptions): OperatorFunction<WitnessedRecord | Drained, OomEpisode> {
  return (items$) =>
    new Observable<OomEpisode>((subscriber) => {
      let assembly: Assembly = IDLE;
      let timer: Subscription | undefined;
      let armedMs: number | undefined;

      const step = (after: Assembly): void => {
        tally.callbacksSuppressed += after.callbacksSuppressed - assembly.callbacksSuppressed;
        assembly = after;
        if (deadlineMs(after) === undefined) disarm();
        if (after.episode === undefined) return;
        count(tally, after.episode);
        subscriber.next(after.episode);
      };
      const disarm = (): void => {
        timer?.unsubscribe();
        armedMs = undefined;
      };
      const arm = (lookMs: number | undefined, nowMs: number): void => {
        if (lookMs === undefined || lookMs === armedMs) return;
        disarm();
        armedMs = lookMs;
        timer = scheduler.schedule(look, lookMs - nowMs);
      };
      const idle = (item: WitnessedRecord | Drained): void => {
        const againMs = onIdle?.(item);
        if (againMs !== undefined && item.kind === 'drained') arm(item.atMs + againMs, item.atMs);
      };
      const look = (): void => {
        armedMs = undefined;
        drainNow();
      };

      subscriber.add(disarm);
      subscriber.add(
        items$.subscribe({
          next: (item) => {
            step(advance(assembly, item));
            if (item.kind === 'drained') arm(deadlineMs(assembly), item.atMs);
            if (assembly.report === undefined) idle(item);
          },
          error: (error: unknown) => {
            step(finish(assembly));
            subscriber.error(error);
          },
          complete: () => {
            step(finish(assembly));
            subscriber.complete();
          },
        }),
      );
    });
}

function count(tally: EpisodeTally, { context, members, killLines }: OomEpisode): void {
  tally.episodes += 1;
  tally.killed += 1 + members.length;
  tally.killLines += killLines;
  if (context === 'suppressed') tally.suppressed += 1;
}
