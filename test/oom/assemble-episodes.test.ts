import { NEVER, Subject, concat, of, throwError, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import type { Drained } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import type { WitnessedRecord } from '../../src/oom/kill-evidence.ts';
import { newTally } from '../../src/tally.ts';

const KILL =
  'Memory cgroup out of memory: Killed process 7 (hog) total-vm:1kB, anon-rss:1kB, file-rss:0kB';
const HEADER = 'hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0';

let sequence = 0;
function record(message: string, monotonicUs = 0): WitnessedRecord {
  sequence += 1;
  const when = { monotonicUs, readAtMs: 0, atMs: 0, live: true, lost: 0 };
  return { kind: 'record', facility: 0, priority: 3, sequence, flag: '-', message, ...when };
}

/** A log that is found drained whenever it is looked at, by virtual time. */
function watch(run: (log: FakeLog) => void): void {
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(() => run(new FakeLog(scheduler)));
}

class FakeLog {
  readonly items$ = new Subject<WitnessedRecord | Drained>();
  readonly episodes: { readonly atMs: number; readonly episode: OomEpisode }[] = [];
  readonly tally = newTally();
  readonly scheduler: TestScheduler;
  looks = 0;
  /** What the next idle item is answered. */
  againMs: number | undefined;
  ended: string | undefined;

  constructor(scheduler: TestScheduler) {
    this.scheduler = scheduler;
  }

  assemble(items$: Observable<WitnessedRecord | Drained> = this.items$) {
    const { scheduler, tally } = this;
    const drainNow = (): void => this.look();
    const onIdle = (): number | undefined => this.againMs;
    return items$.pipe(assembleEpisodes({ scheduler, tally, drainNow, onIdle })).subscribe({
      next: (episode) => this.episodes.push({ atMs: scheduler.now(), episode }),
      error: () => (this.ended = 'error'),
      complete: () => (this.ended = 'complete'),
    });
  }

  look(): void {
    this.looks += 1;
    this.drained();
  }

  drained(): void {
    this.items$.next({ kind: 'drained', atMs: this.scheduler.now() });
  }

  at(atMs: number, run: () => void): void {
    this.scheduler.schedule(run, atMs);
  }
}

describe('assembleEpisodes', () => {
  test('ends a report 20 ms after the log was found drained, and looks once more first', () => {
    watch((log) => {
      log.assemble();
      log.at(100, () => log.items$.next(record(KILL)));
      log.at(101, () => log.drained());
      log.scheduler.flush();
      expect(log.episodes.map(({ atMs }) => atMs)).toEqual([121]);
      expect(log.looks).toBe(1);
    });
  });

  test('believes no clock while the reader is stalled', () => {
    watch((log) => {
      log.assemble();
      log.items$.next(record(KILL));
      log.at(10_000, () => log.drained());
      log.scheduler.flush();
      expect(log.episodes.map(({ atMs }) => atMs)).toEqual([10_020]);
    });
  });

  test('starts the clock anew with every line of the report', () => {
    watch((log) => {
      log.assemble();
      log.items$.next(record(HEADER));
      log.drained();
      log.at(15, () => log.items$.next(record(KILL)));
      log.at(16, () => log.drained());
      log.scheduler.flush();
      expect(log.episodes.map(({ atMs, episode }) => [atMs, episode.context])).toEqual([
        [36, 'full'],
      ]);
    });
  });

  test('looks again when it is asked to, and no longer', () => {
    watch((log) => {
      const watching = log.assemble();
      log.againMs = 1000;
      log.drained();
      log.at(1500, () => {
        expect(log.looks).toBe(1);
        log.againMs = undefined;
      });
      log.at(60_000, () => {
        expect(log.looks).toBe(2);
        log.againMs = 1000;
        log.drained();
        watching.unsubscribe();
      });
      log.scheduler.flush();
      expect(log.looks).toBe(2);
    });
  });

  test('runs no timer while no report is open', () => {
    watch((log) => {
      log.assemble();
      log.items$.next(record('usb 1-1: new device'));
      log.drained();
      log.at(60_000, () => undefined);
      log.scheduler.flush();
      expect(log.looks).toBe(0);
    });
  });

  test('completes with what was open, counted', () => {
    watch((log) => {
      log.assemble(of(record(HEADER), record(KILL)));
      expect([log.episodes.length, log.ended]).toEqual([1, 'complete']);
      expect(log.tally).toMatchObject({ episodes: 1, killed: 1, suppressed: 0 });
    });
  });

  test('fails with its source, and keeps what was open', () => {
    watch((log) => {
      log.assemble(
        concat(
          of(record(KILL)),
          throwError(() => new Error('gone')),
        ),
      );
      expect([log.episodes.length, log.ended]).toEqual([1, 'error']);
    });
  });

  test('leaves neither source nor timer behind when its subscriber leaves', () => {
    watch((log) => {
      const subscription = log.assemble();
      log.items$.next(record(KILL));
      log.drained();
      subscription.unsubscribe();
      log.scheduler.flush();
      expect([log.items$.observed, log.looks, log.episodes.length]).toEqual([false, 0, 0]);
    });
  });

  test('keeps its state to itself: two subscribers assemble the same', () => {
    watch((log) => {
      log.assemble(concat(of(record(HEADER)), NEVER));
      log.assemble(of(record(KILL)));
      expect(log.episodes.map(({ episode }) => episode.context)).toEqual(['partial']);
    });
  });
});
