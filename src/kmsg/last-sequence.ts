import { READ_BUFFER_BYTES, readOnce, type KmsgFile } from './kmsg-file.ts';
import { RecordHeader } from './record-header.ts';

/** A kernel log that is read once and not waited for. */
export interface SeekableLog extends Pick<KmsgFile, 'path' | 'read' | 'close'> {
  /** The next read is of what is written from now on. */
  seekToEnd(): void;
}

/** Of a log without a record: the first one of a boot is 0. */
const NO_RECORD = -1;

/** Reads of the ring between two looks at what is new: a writer that is faster than we are is seen there. */
const READS_BETWEEN_LOOKS = 256;

/**
 * The sequence of the last record that is in the log now. The kernel sets a position to the log's end and
 * does not tell its number: so one is set, and then the whole ring is read by another way. If the position
 * still has nothing to read at the ring's end, nothing came meanwhile, and the last one read is it; else
 * what came first tells its number.
 *
 * @throws KmsgReadError
 */
export function lastSequence(open: () => SeekableLog): number {
  const end = open();
  const ring = open();
  try {
    end.seekToEnd();
    return findLast(new Reader(end), new Reader(ring));
  } finally {
    ring.close();
    end.close();
  }
}

function findLast(end: Reader, ring: Reader): number {
  for (;;) {
    const isDrained = ring.read(READS_BETWEEN_LOOKS);
    end.read(1);
    if (end.last !== undefined) return end.last - 1;
    if (isDrained) return ring.last ?? NO_RECORD;
  }
}

class Reader {
  readonly #log: SeekableLog;
  readonly #buffer = Buffer.alloc(READ_BUFFER_BYTES);
  readonly #header = new RecordHeader();
  /** The sequence of the record that was read last. */
  last: number | undefined;

  constructor(log: SeekableLog) {
    this.#log = log;
  }

  /** Reads so many records or until there are no more, and returns whether that is so. */
  read(records: number): boolean {
    for (let left = records; left > 0;) {
      const outcome = readOnce(this.#log, this.#buffer);
      if (outcome.is === 'failed') throw outcome.error;
      if (outcome.is === 'drained') return true;
      if (outcome.is !== 'record') continue;
      left -= 1;
      if (this.#header.read(this.#buffer)) this.last = this.#header.sequence;
    }
    return false;
  }
}
