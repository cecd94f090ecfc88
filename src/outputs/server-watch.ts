import { Pause, type WaitList } from '../retry.ts';
import type { Delivery } from './output-client.ts';

/** Enough to hide a server's latency in a storm, few enough to be polite. */
const MAX_IN_FLIGHT = 4;
/**
 * How many ask in turn before it begins anew with the oldest: many, so that a few that are never
 * answered do not keep the server away from all; few enough that the oldest come of age.
 */
const MAX_ASKED = 100;

/** Whether the server is there, and who has asked in vain since it is not. */
export class ServerWatch<D extends Delivery> {
  readonly #pause: Pause;
  /** What failed because the server was away. */
  readonly #asked = new Set<D>();
  #answers = 0;

  constructor(waiting: WaitList) {
    this.#pause = new Pause(waiting);
  }

  /** How many may be in flight: one while the server is away, none between two of these. */
  get slots(): number {
    if (this.#pause.isOn) return 0;
    return this.#pause.failures === 0 ? MAX_IN_FLIGHT : 1;
  }

  /** How often it has answered, whatever it said, but for who was denied. */
  get answers(): number {
    return this.#answers;
  }

  get isAskedByAll(): boolean {
    return this.#asked.size >= MAX_ASKED;
  }

  answered(): void {
    this.#answers += 1;
    this.#pause.worked();
  }

  /** @returns how often in a row it was away now */
  failed(): number {
    return this.#pause.failed();
  }

  leaveAlone(delivery: D, delayMs: number, onOver: () => void): void {
    this.#asked.add(delivery);
    this.#pause.begin(delayMs, onOver);
  }

  /** Those who asked in vain, to begin anew. */
  takeAsked(): readonly D[] {
    const asked = [...this.#asked];
    this.#asked.clear();
    return asked;
  }
}
