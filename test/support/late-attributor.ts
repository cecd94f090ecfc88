import { of, Subject } from 'rxjs';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { attribute } from '../../src/pods/attribute.ts';
import type { Answer, PodNews } from '../../src/pods/live-attributor.ts';
import type { Attributor } from '../../src/recorder/attributor.ts';
import { podUidsOf } from '../../src/recorder/pending-index.ts';
import { numberedPods } from './kill-report.ts';

/** Knows whose an episode was among the `numberedPods` when it is told to. */
export class LateAttributor implements Attributor {
  readonly #changed$ = new Subject<{ readonly cgroupUid: string }>();
  readonly news: PodNews = { live$: of(false), changed$: this.#changed$ };
  /** Every time somebody was asked about, by its sequence. */
  readonly asked: number[] = [];
  readonly #seen = new Map<number, OomEpisode>();
  readonly #told = new Set<number>();
  #isKnown: boolean;

  /** @param isKnown whether it knows every pod from the start */
  constructor(isKnown = false) {
    this.#isKnown = isKnown;
  }

  see(episode: OomEpisode): void {
    this.#seen.set(episode.sequence, episode);
  }

  attribute(episode: OomEpisode, watchedMs: number): Answer {
    this.asked.push(episode.sequence);
    const isKnown = this.#isKnown || this.#told.has(episode.sequence) || watchedMs === Infinity;
    return isKnown
      ? { attribution: attribute(episode, numberedPods) }
      : { patienceMs: Number.MAX_SAFE_INTEGER };
  }

  /** Knows one of the episodes from now on. */
  answer(sequence: number): void {
    const episode = this.#seen.get(sequence);
    if (episode === undefined) throw new Error(`nobody asked about ${sequence}`);
    this.#told.add(sequence);
    this.#say(episode);
  }

  /** Knows all of them from now on. */
  learn(): void {
    this.#isKnown = true;
    for (const episode of this.#seen.values()) this.#say(episode);
  }

  /** Knows none that comes from now on. */
  forget(): void {
    this.#isKnown = false;
  }

  /** A pod changes, and that says nothing new. */
  change(episode: OomEpisode): void {
    this.#say(episode);
  }

  #say(episode: OomEpisode): void {
    for (const cgroupUid of podUidsOf(episode)) this.#changed$.next({ cgroupUid });
  }
}
