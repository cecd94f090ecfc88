import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { KnownTable } from '../store/known-table.ts';
import { type EventOrigin, nodeReference } from './build-event.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { PostLog } from '../post/post-report.ts';

export interface OverrunOptions {
  readonly events: EventRecorder;
  readonly notes: Pick<KnownTable, 'get' | 'put'>;
  readonly origin: EventOrigin;
  readonly log: PostLog;
  /** How many kills were among the lost records, by the kernel's own counter, where it is known. */
  readonly killsMissed: () => number | undefined;
}

/** A flood that laps the ring once does so for a while; people need to hear it once. */
const EVENT_EVERY_MS = 10 * 60_000;
const NOTE = 'kernel-log-overrun';

/** What was said last, and what has been lost since without an Event. */
interface OverrunNote {
  readonly saidAtMs: number;
  readonly unsaid: number;
}

/** Says that the kernel's ring overran: every time in the log, at most every ten minutes as an Event. */
export class OverrunReporter {
  readonly #options: OverrunOptions;

  constructor(options: OverrunOptions) {
    this.#options = options;
  }

  /** @param record the first one after the gap */
  lost({ lost, sequence, atMs }: CountedRecord): void {
    const { events, notes, origin, log } = this.#options;
    log.warn({ lost, before: sequence }, 'the kernel log overran: records were lost');
    const { saidAtMs, unsaid } = (notes.get(NOTE) as OverrunNote | undefined) ?? NEVER;
    const total = unsaid + lost;
    if (Math.abs(atMs - saidAtMs) < EVENT_EVERY_MS) {
      notes.put([{ key: NOTE, value: { saidAtMs, unsaid: total } }], atMs);
      return;
    }
    notes.put([{ key: NOTE, value: { saidAtMs: atMs, unsaid: 0 } }], atMs);
    // The last lost record names the Event: no kill that was read has its sequence.
    const id = { bootId: origin.bootId, sequence: sequence - 1 };
    events.event(nodeReference(origin.node), 'Warning', 'KernelLogOverrun', this.#message(total), {
      id,
      at: new Date(atMs),
    });
  }

  #message(lost: number): string {
    const kills = this.#options.killsMissed() ?? 'unknown';
    return `${lost} kernel log records were lost; OOM kills among them: ${kills}`;
  }
}

const NEVER: OverrunNote = { saidAtMs: -Infinity, unsaid: 0 };
