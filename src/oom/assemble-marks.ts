import { Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { Time } from '../clock.ts';
import type { Drained } from '../kmsg/record.ts';
import type { EpisodeTally } from './assemble-episodes.ts';
import type { CgroupEventCounters } from './cgroup-events.ts';
import type { OomEpisode } from './episode.ts';
import type { MarkedVictim, MarkTally } from './join-marks.ts';
import { MarkBatch } from './mark-batch.ts';
import type { ReadMarks, SeenMark, VictimFinder } from './seen-mark.ts';

export interface MarkAssemblerOptions {
  readonly counters: CgroupEventCounters;
  readonly finder: VictimFinder;
  readonly clock: Time;
  /** Reads whatever marks there are now, and emits `drained` behind them. */
  readonly drainNow: () => void;
  readonly scheduler: SchedulerLike;
  readonly tally: Pick<EpisodeTally, 'episodes' | 'killed' | 'killLines'> &
    Pick<MarkTally, 'marksCounted' | 'marksNoKill' | 'marksLost'>;
  /** Told when no mark waits for its proof. Returns in how many ms it must be told once more. */
  readonly onIdle?: (drained: Drained) => number | undefined;
}

const US_PER_MS = 1000;
/** A group's processes are marked up to 15 ms apart, with two lines of a slow console between them. */
const QUIET_MS = 100;
/** A kill is counted before it is marked, microseconds unless its CPU is needed elsewhere. */
const GIVE_UP_MS = 1000;
/** No mark is read during a look: what took so long is done no more than a tenth of the time. */
const REST_PER_LOOK = 10;
/** In a storm without end so long an episode waits at most, unless kills are counted that are not marked yet. */
const MAX_OPEN_MS = 2000;

/**
 * Turns the tracepoint's marks into episodes. Each process, and what its container counted, is looked at as its mark is
 * read; when no more have come for a while, what the counters prove is told.
 *
 *     in    --mark--mark--drained-----------drained--
 *     out   --------------------------------episodes-
 *                         |--- 100 ms ------|
 */
export function assembleMarks(
  options: MarkAssemblerOptions,
): OperatorFunction<ReadMarks | Drained, OomEpisode> {
  return (items$) =>
    new Observable<OomEpisode>((subscriber) => {
      const step = new MarkStep(options);
      let timer: Subscription | undefined;
      const arm = (afterMs: number | undefined): void => {
        timer?.unsubscribe();
        if (afterMs === undefined) return;
        timer = options.scheduler.schedule(() => options.drainNow(), afterMs);
      };
      subscriber.add(() => timer?.unsubscribe());
      subscriber.add(
        items$.subscribe({
          next: (item) => {
            if (item.kind === 'marks') return step.take(item);
            for (const episode of step.drained(item)) subscriber.next(episode);
            arm(step.isOpen ? QUIET_MS : options.onIdle?.(item));
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

/** One subscription's state. */
class MarkStep {
  readonly #options: MarkAssemblerOptions;
  readonly #batch: MarkBatch;
  #openedMs = 0;
  #lastMarkMs = 0;
  #nextLookMs = -Infinity;
  #lastSequence = 0;

  constructor(options: MarkAssemblerOptions) {
    this.#options = options;
    this.#batch = new MarkBatch(options.counters);
  }

  get isOpen(): boolean {
    return this.#batch.isOpen;
  }

  take({ victims, lost }: ReadMarks): void {
    this.#options.tally.marksLost += lost;
    if (victims.length === 0) return;
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.isOpen) this.#openedMs = nowMs;
    this.#lastMarkMs = nowMs;
    for (const victim of victims) this.#batch.add(this.#see(victim));
  }

  /** Dates a mark, numbers it, and looks at whom it names: a dying process is gone within milliseconds. */
  #see({ markedUs, comm, ...victim }: MarkedVictim): SeenMark {
    const { clock, finder } = this.#options;
    const [wallMs, nowMs] = [clock.wallMs(), clock.monotonicMs()];
    const monotonicUs = markedUs ?? Math.floor(nowMs * US_PER_MS);
    const markedMs = monotonicUs / US_PER_MS;
    const { comm: foundComm, ...found } = finder.find(victim.pid, comm, markedMs);
    this.#lastSequence = Math.max(monotonicUs, this.#lastSequence + 1);
    return {
      sequence: this.#lastSequence,
      monotonicUs,
      atMs: wallMs - Math.max(0, nowMs - markedMs),
      victim: { ...victim, comm: comm ?? foundComm ?? '' },
      ...found,
    };
  }

  /** What is proved by now. */
  drained({ atMs }: Drained): readonly OomEpisode[] {
    if (!this.isOpen) return [];
    const quietMs = atMs - this.#lastMarkMs;
    const isOver = quietMs >= QUIET_MS || atMs - this.#openedMs >= MAX_OPEN_MS;
    if (isOver || this.#batch.isUntold) this.#look(isOver);
    const proof = isOver ? this.#batch.prove() : undefined;
    if (proof === undefined || (proof.missing > 0 && quietMs < GIVE_UP_MS)) return [];
    const { tally } = this.#options;
    tally.episodes += proof.episodes.length;
    tally.killed += proof.killed;
    tally.killLines += Math.max(0, proof.counted - proof.missing);
    tally.marksCounted += proof.killed;
    tally.marksNoKill += proof.noKill;
    this.#batch.close();
    return proof.episodes;
  }

  /** All counters, now or if that does not keep from reading marks. */
  #look(isDue: boolean): void {
    const { clock } = this.#options;
    const beganMs = clock.monotonicMs();
    if (!isDue && beganMs < this.#nextLookMs) return;
    this.#batch.look();
    const nowMs = clock.monotonicMs();
    this.#nextLookMs = nowMs + (nowMs - beganMs) * REST_PER_LOOK;
  }
}
