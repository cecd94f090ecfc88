import { NEVER, Subject, concat, of, throwError, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import type { Drained } from '../../src/kmsg/record.ts';
import { assembleEpisodes } from '../../src/oom/assemble-episodes.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { readKernelLine } from '../../src/oom/kernel-lines.ts';
import type { RecordWithEvidence } from '../../src/oom/look-at-kills.ts';
import { newTally } from '../../src/tally.ts';
import { groupLine, oomKillLine, TABLE, taskLine } from '../support/oom-lines.ts';

const KILL =
  'Memory cgroup out of memory: Killed process 7 (hog) total-vm:1kB, anon-rss:1kB, file-rss:0kB';
const HEADER = 'hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0';

const GROUP = groupLine();

let sequence = 0;
function record(message: string, monotonicUs = 0): RecordWithEvidence {
  sequence += 1;
  const when = { monotonicUs, readAtMs: 0, atMs: 0, live: true, lost: 0 };
  const line = readKernelLine(message);
  return { kind: 'record', facility: 0, priority: 3, sequence, flag: '-', message, line, ...when };
}

/** A log that is found drained whenever it is looked at, by virtual time. */
function watch(run: (log: FakeLog) => void): void {
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(() => run(new FakeLog(scheduler)));
}

class FakeLog {
  readonly items$ = new Subject<RecordWithEvidence | Drained>();
  readonly episodes: { readonly atMs: number; readonly episode: OomEpisode }[] = [];
  readonly tally = newTally();
  readonly scheduler: TestScheduler;
  looks = 0;
  recent: readonly OomEpisode[] = [];
  /** What the next idle item is answered. */
  againMs: number | undefined;
  ended: string | undefined;

  constructor(scheduler: TestScheduler) {
    this.scheduler = scheduler;
  }

  assemble(items$: Observable<RecordWithEvidence | Drained> = this.items$) {
    const { scheduler, tally } = this;
    const drainNow = (): void => this.look();
    const onIdle = (): number | undefined => this.againMs;
    const recent = (): readonly OomEpisode[] => this.recent;
    return items$.pipe(assembleEpisodes({ scheduler, tally, drainNow, recent, onIdle })).subscribe({
      next: (episode) => this.episodes.push({ atMs: scheduler.now(), episode }),
      error: () => (this.ended = 'error'),
      complete: () => (this.ended = 'complete'),
    });
  }

  /** A report whose lines come so many ms one after the other. */
  report(paceMs: number): void {
    const lines = [HEADER, TABLE, taskLine(7), taskLine(8), oomKillLine(7), KILL];
    lines.forEach((line, at) => this.items$.next(record(line, at * paceMs * 1000)));
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
  test('ends a kill when its group’s lines are overdue, and looks once more first', () => {
    watch((log) => {
      log.assemble();
      log.report(10);
      log.at(100, () => log.items$.next(record(KILL)));
      log.at(101, () => log.drained());
      log.scheduler.flush();
      expect(log.episodes.map(({ atMs }) => atMs)).toEqual([100, 121]);
      expect(log.looks).toBe(1);
    });
  });

  test.each([
    ['20 ms, however fast the kernel is', 1, 20],
    ['two lines of a console that takes 30 ms for each', 30, 60],
    ['a second, whatever the console is', 900, 1000],
  ])('waits for a group’s lines: %s', (_, paceMs, waitMs) => {
    watch((log) => {
      log.assemble();
      log.report(paceMs);
      log.drained();
      log.scheduler.flush();
      expect(log.episodes.map(({ atMs }) => atMs)).toEqual([waitMs]);
    });
  });

  test('waits for a second where no pace is known', () => {
    watch((log) => {
      log.assemble();
      log.items$.next(record(KILL));
      log.drained();
      log.scheduler.flush();
      expect(log.episodes.map(({ atMs }) => atMs)).toEqual([1000]);
    });
  });

  test('does not wait for a group that there cannot be', () => {
    watch((log) => {
      log.assemble();
      log.items$.next({ ...record(KILL), noGroup: true });
      expect(log.episodes).toHaveLength(1);
    });
  });

  test('completes an episode anew when lines of it come late, and counts them once', () => {
    watch((log) => {
      log.assemble();
      log.items$.next({ ...record(KILL), noGroup: true });
      log.items$.next(record(GROUP));
      log.items$.next(record(KILL));
      log.items$.next(record(KILL.replace('7 (hog)', '8 (hog)')));
      log.drained();
      log.scheduler.flush();
      const told = log.episodes.map(({ episode }) => episode);
      expect(told.map(({ killLines, members }) => [killLines, members.length])).toEqual([
        [1, 0],
        [3, 1],
      ]);
      expect(told[1]?.sequence).toBe(told[0]?.sequence);
      expect(log.tally).toMatchObject({ episodes: 1, killed: 2, killLines: 3, suppressed: 0 });
    });
  });

  test('goes on with the last episode of an earlier process', () => {
    watch((log) => {
      log.assemble();
      log.items$.next({ ...record(KILL), noGroup: true });
      const [before] = log.episodes;
      const next = new FakeLog(log.scheduler);
      next.recent = before === undefined ? [] : [before.episode];
      next.assemble();
      next.items$.next(record(GROUP));
      next.items$.next(record(KILL.replace('7 (hog)', '8 (hog)')));
      next.drained();
      next.scheduler.flush();
      expect(next.episodes.map(({ episode }) => episode.sequence)).toEqual([
        before?.episode.sequence,
      ]);
      expect(next.tally).toMatchObject({ episodes: 0, killed: 1, killLines: 1 });
    });
  });

  test('believes no clock while the reader is stalled', () => {
    watch((log) => {
      log.assemble();
      log.report(10);
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
        [1016, 'full'],
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
