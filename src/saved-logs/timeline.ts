import type { KmsgRecord } from '../kmsg/record.ts';
import { readKernelLine } from '../oom/kernel-lines.ts';
import type { SavedRecord } from './log-form.ts';

/** The records of one boot are stamped in order, but for what CPUs do at the same time. */
const MAX_DISORDER_US = 1_000_000;
/** `linux_banner`: the first thing that a kernel says. */
const BANNER = /^Linux version \d/;
/** What the kernel prints with is KERN_WARNING unless it says otherwise. */
const DEFAULT_PRIORITY = 4;
const SECOND_MS = 1000;

/** A record as `/dev/kmsg` would have had it, and whether it is the first of another boot. */
export interface TimedRecord {
  readonly record: KmsgRecord;
  readonly beginsBoot: boolean;
  /** Its time of day is neither in the log nor told: it counts from the boot, as if that was at 0. */
  readonly isSinceBoot: boolean;
}

/**
 * Gives the records of a saved log what the form left out: a sequence, by their order; time since boot,
 * by the time of day; the time of day, by the time of the boot, where that was told.
 *
 * What is stamped to the second may be anything up to two seconds apart when its stamps differ by
 * one. So much is left out of every step, for no report must be torn by a second that did not pass.
 */
export class Timeline {
  /** Records whose form does not tell who wrote them. */
  believed = 0;
  /** Records that are stamped neither by the time since boot nor by the time of day. */
  undated = 0;
  #bootMs: number | undefined;
  #sequence = 0;
  #bootId: string | undefined;
  #lastUs: number | undefined;
  #lastWallMs: number | undefined;

  /** @param bootMs when the first boot was, ms since the epoch */
  constructor(bootMs: number | undefined) {
    this.#bootMs = bootMs;
  }

  /** The log itself says that the next record is another boot's. */
  reboot(): void {
    if (this.#lastUs === undefined) return;
    this.#bootMs = undefined;
    this.#bootId = undefined;
    this.#lastUs = undefined;
    this.#lastWallMs = undefined;
  }

  add(given: SavedRecord): TimedRecord {
    const saved = withPossibleTimes(given);
    const beginsBoot = this.#isOfNextBoot(saved);
    if (beginsBoot) this.reboot();
    const monotonicUs = this.#sinceBootUs(saved);
    const isUndated = saved.wallMs === undefined && saved.monotonicUs === undefined;
    if (isUndated) this.undated += 1;
    const bootMs = isUndated ? undefined : this.#bootMs;
    const atMs = saved.wallMs ?? (bootMs ?? 0) + monotonicUs / 1000;
    const isSinceBoot = saved.wallMs === undefined && bootMs === undefined;
    this.#bootId = saved.bootId ?? this.#bootId;
    this.#lastUs = monotonicUs;
    this.#lastWallMs = saved.wallMs ?? this.#lastWallMs;
    this.#sequence = saved.sequence ?? this.#sequence + 1;
    if (saved.facility === undefined) this.believed += 1;
    const record: KmsgRecord = {
      kind: 'record',
      facility: saved.facility ?? 0,
      priority: saved.priority ?? DEFAULT_PRIORITY,
      sequence: this.#sequence,
      monotonicUs,
      flag: saved.flag ?? flagOf(saved),
      caller: saved.caller,
      message: saved.message,
      readAtMs: atMs,
      live: false,
    };
    return { record, beginsBoot, isSinceBoot };
  }

  #isOfNextBoot({ bootId, monotonicUs, message, facility = 0 }: SavedRecord): boolean {
    if (this.#lastUs === undefined) return false;
    if (bootId !== undefined && this.#bootId !== undefined) return bootId !== this.#bootId;
    if (monotonicUs !== undefined) return monotonicUs < this.#lastUs - MAX_DISORDER_US;
    return facility === 0 && BANNER.test(message);
  }

  #sinceBootUs({ monotonicUs, sinceLastUs, wallMs }: SavedRecord): number {
    if (monotonicUs !== undefined) return monotonicUs;
    if (sinceLastUs !== undefined) return (this.#lastUs ?? 0) + sinceLastUs;
    if (wallMs === undefined) return this.#lastUs ?? 0;
    if (this.#lastUs === undefined || this.#lastWallMs === undefined)
      return Math.round(wallMs * 1000);
    return this.#lastUs + Math.round(certainlyBetweenMs(this.#lastWallMs, wallMs) * 1000);
  }
}

/** A number that is no time, in a log that is damaged, tells none. */
function withPossibleTimes(saved: SavedRecord): SavedRecord {
  const { monotonicUs, sinceLastUs, wallMs } = saved;
  return {
    ...saved,
    monotonicUs: monotonicUs !== undefined && isMicroseconds(monotonicUs) ? monotonicUs : undefined,
    sinceLastUs: sinceLastUs !== undefined && isMicroseconds(sinceLastUs) ? sinceLastUs : undefined,
    wallMs: Number.isNaN(new Date(wallMs ?? Number.NaN).getTime()) ? undefined : wallMs,
  };
}

function isMicroseconds(us: number): boolean {
  return us >= 0 && us <= Number.MAX_SAFE_INTEGER;
}

function certainlyBetweenMs(beforeMs: number, afterMs: number): number {
  const areWholeSeconds = beforeMs % SECOND_MS === 0 && afterMs % SECOND_MS === 0;
  return Math.max(0, afterMs - beforeMs - (areWholeSeconds ? SECOND_MS : 0));
}

/**
 * Which records are pieces of a line is not told, and need not be: what is no line by itself continues
 * one only where its content can.
 */
function flagOf({ message }: SavedRecord): string {
  return readKernelLine(message) === undefined ? 'c' : '-';
}
