import { Observable, type OperatorFunction } from 'rxjs';
import { type DeviceRead, type LogItem, type RawRecord, recordOf } from './record.ts';
import { RecordHeader, WHOLE_LINE } from './record-header.ts';

/** Whether the message that begins at `start` may say something; where not, it is not read. */
export type MaySay = (bytes: Uint8Array, start: number) => boolean;

/** A turn of reading. What a run is about to say must not wait for long. */
const MAX_RUN = 256;

/**
 * Turns reads into records; what is one, and `drained`, passes through. Bytes that are no record are told to
 * `onMalformed` and dropped: a counter's matter, not an error.
 *
 * What piled up before anybody read it may be a hundred thousand records that say nothing. Those are
 * dismissed by their bytes, and one record stands for a run of them.
 *
 *     in   --header--stack--stack--stack--table--drained--
 *     out  --header-----------------stack-table--drained--      (skippedUs: two)
 */
export function parseRecords(
  onMalformed: (raw: RawRecord) => void,
  maySay: MaySay = () => true,
): OperatorFunction<DeviceRead, LogItem> {
  return (reads$) =>
    new Observable((subscriber) => {
      const parser = new Parser(maySay, onMalformed, (item) => subscriber.next(item));
      return reads$.subscribe({
        next: (read) => parser.take(read),
        error: (error: unknown) => {
          parser.endRun();
          subscriber.error(error);
        },
        complete: () => {
          parser.endRun();
          subscriber.complete();
        },
      });
    });
}

/** One subscription's parser. */
class Parser {
  readonly #maySay: MaySay;
  readonly #onMalformed: (raw: RawRecord) => void;
  readonly #emit: (item: LogItem) => void;
  #header = new RecordHeader();
  /** Of the record before, and when it was read. */
  #before = new RecordHeader();
  #readAtMs = 0;
  /** When the records of the run were written, µs; the one before is the last of them. */
  #runUs: number[] = [];

  constructor(
    maySay: MaySay,
    onMalformed: (raw: RawRecord) => void,
    emit: (item: LogItem) => void,
  ) {
    this.#maySay = maySay;
    this.#onMalformed = onMalformed;
    this.#emit = emit;
  }

  take(read: DeviceRead): void {
    if (read.kind === 'raw') return this.#parse(read);
    this.endRun();
    this.#emit(read);
  }

  #parse(raw: RawRecord): void {
    const [header, before] = [this.#header, this.#before];
    if (!header.read(raw.bytes)) return this.#onMalformed(raw);
    const saysNothing = header.flag === WHOLE_LINE && !this.#maySay(raw.bytes, header.messageAt);
    // A live record is dated by when it was read, and the first behind a gap tells of it.
    const isSkipped = saysNothing && !raw.live && header.sequence === before.sequence + 1;
    const goesOn = isSkipped && header.facility === before.facility;
    if (!goesOn || this.#runUs.length === MAX_RUN) this.endRun();
    if (isSkipped) this.#runUs.push(header.monotonicUs);
    else this.#emit(recordOf(header, raw, saysNothing ? undefined : raw.bytes));
    [this.#header, this.#before, this.#readAtMs] = [before, header, raw.readAtMs];
  }

  /** The last record of a run stands for it. */
  endRun(): void {
    const skippedUs = this.#runUs;
    if (skippedUs.pop() === undefined) return;
    this.#runUs = [];
    const read = { readAtMs: this.#readAtMs, live: false };
    this.#emit({ ...recordOf(this.#before, read), skippedUs });
  }
}
