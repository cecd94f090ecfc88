import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { KernelLine } from './kernel-lines.ts';
import { CONTEXT_INTERVAL_MS } from './report-context.ts';

/** Notes which process is in which container. */
export interface Snapshots {
  /** Called for every report and every kill of a storm; how often it looks is its own matter. */
  takeSnapshot(): void;
  dropSnapshot(): void;
}

/** Of the ten contexts the kernel prints in five seconds: with this one there is time to look around. */
const ENOUGH_CONTEXTS = 6;

/**
 * Sees a storm of kills coming, before the kernel withholds their contexts: processes that will be
 * victims are looked up while they live. Nothing of this is done while nothing happens. A storm is one
 * by the time of its records, however late they are read.
 */
export class StormWatch {
  readonly #snapshots: Snapshots;
  /** When the newest contexts began, µs. */
  #contextsUs: readonly number[] = [];
  #hasLooked = false;

  constructor(snapshots: Snapshots) {
    this.#snapshots = snapshots;
  }

  /** @param record the one that the line is in; of the backlog at the start nothing can be proved */
  see({ kind }: KernelLine, { monotonicUs, earliestMs }: CountedRecord): void {
    if (kind !== 'header' && kind !== 'kill') return;
    const sinceUs = monotonicUs - CONTEXT_INTERVAL_MS * 1000;
    if (kind === 'header') this.#contextsUs = [...this.#contextsUs, monotonicUs];
    this.#contextsUs = this.#contextsUs.filter((us) => us > sinceUs);
    if (this.#contextsUs.length < ENOUGH_CONTEXTS) return this.#forget();
    if (earliestMs === undefined) return;
    this.#hasLooked = true;
    this.#snapshots.takeSnapshot();
  }

  /** Records were lost: there is no telling what happened meanwhile. */
  end(): void {
    this.#contextsUs = [];
    this.#forget();
  }

  #forget(): void {
    if (this.#hasLooked) this.#snapshots.dropSnapshot();
    this.#hasLooked = false;
  }
}
