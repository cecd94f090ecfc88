import type { Logger } from '../logger.ts';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { Clock } from '../clock.ts';
import type { MarkedVictim } from '../oom/join-marks.ts';
import type { StateStore } from '../store/state-store.ts';
import { Alarm } from './alarm.ts';
import { type EventOrigin, nodeReference } from './build-event.ts';
import { commWords, othersWords } from './event-message.ts';
import type { EventRecorder } from './event-recorder.ts';

export interface OverrunOptions {
  readonly events: EventRecorder;
  readonly store: Pick<StateStore, 'notes' | 'transaction'>;
  readonly origin: EventOrigin;
  readonly clock: Clock;
  readonly log: Logger;
  /** Kills that went with lost records since the start, by the kernel's own counter, once it was looked at. */
  readonly killsLost: () => number | undefined;
  /** Takes whom the tracepoint names in their stead, where it is read. */
  readonly victimsLost?: (() => readonly MarkedVictim[]) | undefined;
}

/** A flood that laps the ring once does so for a while; people need to hear it once. */
const EVENT_EVERY_MS = 10 * 60_000;
/** Until the log is drained and the kernel's counter was compared twice, a second apart. */
const COMPARED_WITHIN_MS = 10_000;
/** A flood makes gaps by the hundred, and each note is a transaction. */
const KEPT_EVERY_MS = 1000;
/** The agent's log has them all; a message has room for some. */
const MAX_NAMED = 10;
const NOTE = 'kernel-log-overrun';

/** What was said last, and what has been lost since without an Event. */
interface OverrunNote {
  readonly saidAtMs: number;
  /** Records. */
  readonly unsaid: number;
  /** The first record after the last gap, and when it was written. */
  readonly bootId: string;
  readonly sequence: number;
  readonly atMs: number;
}

/**
 * Says that the kernel's ring overran: every time in the log, at most every ten minutes as an Event,
 * which waits until the kernel's counter tells how many kills went with the records.
 */
export class OverrunReporter {
  readonly #options: OverrunOptions;
  readonly #alarm: Alarm;
  #note: OverrunNote;
  /** An earlier process lost records as well, and took what the counter said of them with it. */
  #isInherited: boolean;
  #killsSaid = 0;
  #keptAtMs = -Infinity;

  /** Goes on where the last one stopped: what it did not come to say is said now. */
  constructor(options: OverrunOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#say());
    this.#note = (options.store.notes.get(NOTE) as OverrunNote | undefined) ?? NEVER;
    this.#isInherited = this.#note.unsaid > 0;
    if (this.#isInherited) this.#plan();
  }

  /** @param record the first one after the gap */
  lost({ lost, sequence, atMs }: CountedRecord): void {
    this.#options.log.warn({ lost, before: sequence }, 'the kernel log overran: records were lost');
    const { saidAtMs, unsaid } = this.#note;
    const { bootId } = this.#options.origin;
    this.#note = { saidAtMs, unsaid: unsaid + lost, bootId, sequence, atMs };
    const sinceKeptMs = this.#options.clock.wallMs() - this.#keptAtMs;
    if (Math.abs(sinceKeptMs) >= KEPT_EVERY_MS) this.#keep();
    if (!this.#alarm.isSet) this.#plan();
  }

  /** Says what may be said by now; the rest is left to the next process. */
  stop(): void {
    this.#alarm.set(undefined);
    if (this.#note.unsaid === 0) return;
    if (this.#isDue()) this.#say();
    else this.#keep();
  }

  #plan(): void {
    const nowMs = this.#options.clock.wallMs();
    const soonMs = nowMs + COMPARED_WITHIN_MS;
    const { saidAtMs } = this.#note;
    this.#alarm.set(this.#isDue() ? soonMs : Math.max(soonMs, saidAtMs + EVENT_EVERY_MS));
  }

  /** A clock that was set back must not silence this for years. */
  #isDue(): boolean {
    return Math.abs(this.#options.clock.wallMs() - this.#note.saidAtMs) >= EVENT_EVERY_MS;
  }

  /** The Event and the note that it was said are one transaction. */
  #say(): void {
    const { events, store, origin, clock } = this.#options;
    const { unsaid, bootId, sequence, atMs } = this.#note;
    const kills = `OOM kills among them: ${this.#kills()}${this.#victims()}`;
    const message = `${unsaid} kernel log records were lost; ${kills}`;
    // The last lost record names the Event: no kill that was read has its sequence.
    const facts = { id: { bootId, sequence: sequence - 1 }, at: new Date(atMs) };
    this.#isInherited = false;
    this.#note = { ...this.#note, saidAtMs: clock.wallMs(), unsaid: 0 };
    const node = nodeReference(origin.node);
    store.transaction(() => {
      events.event(node, 'Warning', 'KernelLogOverrun', message, facts);
      this.#keep();
    });
  }

  #kills(): number | 'unknown' {
    const total = this.#options.killsLost();
    if (total === undefined) return 'unknown';
    const unsaid = total - this.#killsSaid;
    this.#killsSaid = total;
    return this.#isInherited ? 'unknown' : unsaid;
  }

  /** The kernel marked them; where they are more than the kills, some were exiting by themselves. */
  #victims(): string {
    const victims = this.#options.victimsLost?.() ?? [];
    if (victims.length === 0) return '';
    const named = victims.slice(0, MAX_NAMED).map(victimWords).join(', ');
    const others = Math.max(0, victims.length - MAX_NAMED);
    return `; marked as victims: ${named}${othersWords(others, false)}`;
  }

  #keep(): void {
    this.#keptAtMs = this.#options.clock.wallMs();
    this.#options.store.notes.put([{ key: NOTE, value: this.#note }]);
  }
}

function victimWords({ comm, pid }: MarkedVictim): string {
  return comm === undefined ? `pid ${pid}` : `${commWords({ comm })} (pid ${pid})`;
}

const NEVER: OverrunNote = { saidAtMs: 0, unsaid: 0, bootId: '', sequence: 0, atMs: 0 };
