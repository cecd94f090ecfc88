import type { Time } from '../clock.ts';
import type { MarkedVictim } from './join-marks.ts';
import type { SeenMark, VictimFinder } from './seen-mark.ts';

const US_PER_MS = 1000;

/** Dates marks, numbers them, and looks at whom they name: a dying process is gone within milliseconds. */
export class MarkReader {
  readonly #finder: VictimFinder;
  readonly #clock: Time;
  #lastSequence = 0;

  constructor(finder: VictimFinder, clock: Time) {
    this.#finder = finder;
    this.#clock = clock;
  }

  see({ markedUs, comm, ...victim }: MarkedVictim): SeenMark {
    const [wallMs, nowMs] = [this.#clock.wallMs(), this.#clock.monotonicMs()];
    const monotonicUs = markedUs ?? Math.floor(nowMs * US_PER_MS);
    const markedMs = monotonicUs / US_PER_MS;
    const { comm: foundComm, ...found } = this.#finder.find(victim.pid, comm, markedMs);
    this.#lastSequence = Math.max(monotonicUs, this.#lastSequence + 1);
    return {
      sequence: this.#lastSequence,
      monotonicUs,
      atMs: wallMs - Math.max(0, nowMs - markedMs),
      victim: { ...victim, comm: comm ?? foundComm ?? '' },
      ...found,
    };
  }
}
