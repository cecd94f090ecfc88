import type { KernelLine } from './kernel-lines.ts';
import { CONTEXT_INTERVAL_MS } from './report-context.ts';

/** Notes which process is in which container. */
export interface Snapshots {
  takeSnapshot(): void;
  dropSnapshot(): void;
}

/** Of the ten contexts the kernel prints in five seconds: with this one there is time to look around. */
const ENOUGH_CONTEXTS = 6;
/** A process that starts in a storm is known from the next look on. */
const LOOK_EVERY_MS = 500;

/**
 * Sees a storm of kills coming, before the kernel withholds their contexts: processes that will be
 * victims are looked up while they live. Nothing of this is done while nothing happens.
 */
export class StormWatch {
  readonly #snapshots: Snapshots;
  /** When the newest contexts began, µs. */
  #contextsUs: readonly number[] = [];
  #lookedUs: number | undefined;

  constructor(snapshots: Snapshots) {
    this.#snapshots = snapshots;
  }

  /** @param nowUs when the line was printed, and just now read */
  see({ kind }: KernelLine, nowUs: number): void {
    if (kind !== 'header' && kind !== 'kill') return;
    const sinceUs = nowUs - CONTEXT_INTERVAL_MS * 1000;
    if (kind === 'header') this.#contextsUs = [...this.#contextsUs, nowUs];
    this.#contextsUs = this.#contextsUs.filter((us) => us > sinceUs);
    if (this.#contextsUs.length < ENOUGH_CONTEXTS) return this.#forget();
    if (nowUs - (this.#lookedUs ?? -Infinity) < LOOK_EVERY_MS * 1000) return;
    this.#lookedUs = nowUs;
    this.#snapshots.takeSnapshot();
  }

  /** Records were lost: there is no telling what happened meanwhile. */
  end(): void {
    this.#contextsUs = [];
    this.#forget();
  }

  #forget(): void {
    if (this.#lookedUs !== undefined) this.#snapshots.dropSnapshot();
    this.#lookedUs = undefined;
  }
}
