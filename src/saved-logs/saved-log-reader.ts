import type { ByteString, KmsgRecord } from '../kmsg/record.ts';
import { Unwrapper } from './container-lines.ts';
import { LineJoiner } from './join-lines.ts';
import type { FormReader, SavedRecord } from './log-form.ts';
import { type Recognized, recognizeForm, withoutColors } from './recognize-form.ts';
import { WITHHELD } from './syslog.ts';
import { Timeline } from './timeline.ts';

/** Records of one boot, in order, and whether the next ones are of another. */
export interface RecordBatch {
  readonly records: readonly KmsgRecord[];
  readonly endsBoot: boolean;
  /** Nobody knows when that boot was: the records' times of day count from it, as if it was at 0. */
  readonly isSinceBoot: boolean;
}

/** Who is told what a log turns out to be. */
export interface SavedLogReport {
  /** Said once, before the first record. */
  recognized(found: Recognized): void;
  /** A line that is of no record. */
  malformed(): void;
}

/** So many lines decide what a log is: more than a journal's entry or an OOM report has. */
const SAMPLE_LINES = 200;

/** journalctl's own remarks: `-- Boot 0123… --`, `-- Journal begins at … --`. */
const REMARK = /^-- .*(?: --|\.)$/;
const REBOOT = /^-- (?:Boot [0-9a-f]{32}|Reboot) --$/;

/** Turns the lines of one saved log into records, whatever form it is in. */
export class SavedLogReader {
  /** Kernel lines that journalctl withheld because of control characters in them. */
  withheld = 0;
  /** The first line that says anything. */
  firstLine: ByteString | undefined;
  /** What the log turned out to be. */
  form: Recognized | undefined;
  readonly timeline: Timeline;
  readonly #nowMs: number;
  readonly #report: SavedLogReport;
  readonly #joiner = new LineJoiner((record) => this.#emit(record));
  #sample: ByteString[] = [];
  #reader: FormReader | undefined;
  #unwrapper: Unwrapper | undefined;
  #batches: RecordBatch[] = [];
  #records: KmsgRecord[] = [];
  #isSinceBoot = false;

  /** @param bootMs when the log's first boot was, where somebody knows */
  constructor(bootMs: number | undefined, nowMs: number, report: SavedLogReport) {
    this.timeline = new Timeline(bootMs);
    this.#nowMs = nowMs;
    this.#report = report;
  }

  /** Reads on. */
  read(lines: readonly ByteString[]): readonly RecordBatch[] {
    for (const line of lines) {
      if (this.form !== undefined) this.#readLine(line);
      else if (this.#sample.push(line) >= SAMPLE_LINES) this.#recognize();
    }
    return this.#taken();
  }

  /** The log ends, or is cut, here. */
  end(): readonly RecordBatch[] {
    if (this.form === undefined) this.#recognize();
    for (const line of this.#unwrapper?.flush() ?? []) this.#readUnwrapped(line);
    this.#reader?.read('', (record) => this.#joiner.add(record));
    this.#joiner.flush();
    return this.#taken();
  }

  #recognize(): void {
    const sample = this.#sample;
    this.#sample = [];
    const saying = sample.filter((line) => line.trim() !== '' && !REMARK.test(line));
    this.firstLine ??= saying[0];
    const found = recognizeForm(sample, this.#nowMs);
    if (found === undefined) return saying.forEach(() => this.#report.malformed());
    this.form = found;
    this.#reader = found.form.open(this.#nowMs);
    if (found.wrapping !== undefined) this.#unwrapper = new Unwrapper(found.wrapping);
    this.#report.recognized(found);
    sample.forEach((line) => this.#readLine(line));
  }

  #readLine(line: ByteString): void {
    const text = this.#unwrapper === undefined ? line : this.#unwrapper.read(line);
    if (text !== undefined) this.#readUnwrapped(text);
  }

  #readUnwrapped(line: ByteString): void {
    const text = this.form?.isColored === true ? withoutColors(line) : line;
    if (this.#reader?.read(text, (record) => this.#joiner.add(record)) === true) return;
    const said = text.trim();
    if (this.#joiner.goOn(text) || said === '') return;
    if (!REMARK.test(said)) this.#report.malformed();
    else if (REBOOT.test(said)) this.#endBoot();
  }

  #emit(saved: SavedRecord): void {
    if (WITHHELD.test(saved.message)) this.withheld += 1;
    const { record, beginsBoot, isSinceBoot } = this.timeline.add(saved);
    if (beginsBoot) this.#endBatch(true);
    this.#isSinceBoot = isSinceBoot;
    this.#records.push(record);
  }

  #endBoot(): void {
    this.#joiner.flush();
    this.timeline.reboot();
    this.#endBatch(true);
  }

  #endBatch(endsBoot: boolean): void {
    this.#batches.push({ records: this.#records, endsBoot, isSinceBoot: this.#isSinceBoot });
    this.#records = [];
  }

  #taken(): readonly RecordBatch[] {
    this.#endBatch(false);
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }
}
