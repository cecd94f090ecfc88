import { fromEvent, takeUntil, takeWhile } from 'rxjs';
import type { Edge } from '../edge.ts';
import { drainLog } from '../kmsg/drain-log.ts';
import { isKernelLog, openKernelLog } from '../kmsg/kernel-log.ts';
import { clockSinceBoot } from '../kmsg/tell-time.ts';
import { type BootLog, bootsOf } from './boot-log.ts';
import { bytesUntil, openReadable, readError, STDIN, statLog } from './open-bytes.ts';
import { Progress } from './progress.ts';
import { rawKmsg } from './raw-kmsg.ts';
import { readSavedLog } from './read-saved-log.ts';
import type { Recognized } from './recognize-form.ts';
import { type RecordBatch, SavedLogReader } from './saved-log-reader.ts';

/** What is asked of whoever opens saved logs. */
export interface SavedLogOptions {
  /** When the logged system booted, ms since the epoch, where somebody told. */
  readonly bootTime?: number | undefined;
  readonly edge: Edge;
  readonly onMalformed: () => void;
}

/** A log that somebody saved, in whatever form: what `replay` reads. */
export class SavedLog {
  /** What to call it. */
  readonly name: string;
  readonly #path: string;
  readonly #options: SavedLogOptions;
  readonly #progress: Progress | undefined;
  readonly #reader: SavedLogReader;
  #isRead = false;

  constructor(path: string, options: SavedLogOptions) {
    const { edge, bootTime, onMalformed } = options;
    this.name = path === STDIN ? 'standard input' : path;
    this.#path = path;
    this.#options = options;
    if (edge.isTerminal) this.#progress = new Progress(edge.printError, edge.clock);
    this.#reader = new SavedLogReader(bootTime, edge.clock.wallMs(), {
      recognized: (found) => this.#say(found),
      malformed: onMalformed,
    });
  }

  /**
   * Its boots, in order. Reading ends with the log or with the edge's signal; of the kernel's own, which
   * never ends, with what is there.
   *
   * @throws SavedLogError, NotALogError, and what the kernel's log does
   */
  async *boots(): AsyncGenerator<BootLog> {
    const { edge } = this.#options;
    if (this.#path === STDIN) return yield* bootsOf(this.#batches(edge.stdin, undefined));
    const found = statLog(this.#path);
    if (isKernelLog(found)) return yield this.#kernelLog();
    const size = found.isFile() ? found.size : undefined;
    yield* bootsOf(this.#batches(openReadable(this.#path, found), size));
  }

  /** Before anything is written to the terminal. */
  clearProgress(): void {
    this.#progress?.clear();
  }

  /** What a person should know, in a sentence each, now that it was read. */
  get remarks(): readonly string[] {
    const { withheld, timeline, form } = this.#reader;
    const remarks: string[] = [];
    if (timeline.believed > 0) {
      remarks.push(
        `${this.name}: nothing tells who wrote ${timeline.believed} of its records, they are believed to be the kernel’s`,
      );
    }
    if (timeline.undated > 0) {
      remarks.push(
        `${this.name}: nothing tells when ${timeline.undated} of its records were written, their times count from its first line`,
      );
    }
    if (withheld > 0) {
      remarks.push(
        `${this.name}: journalctl withheld ${withheld} messages (“blob data”), kills may be among them: save it with -a or -o json`,
      );
    }
    if (form === undefined && this.#isRead) remarks.push(`${this.name}: it is empty`);
    return remarks;
  }

  async *#batches(
    readable: Parameters<typeof bytesUntil>[1],
    size: number | undefined,
  ): AsyncGenerator<RecordBatch> {
    this.#progress?.begin(this.name, size);
    try {
      const chunks = this.#counted(bytesUntil(this.#options.edge.signal, readable));
      yield* readSavedLog(this.name, chunks, this.#reader);
      this.#isRead = !this.#options.edge.signal.aborted;
    } catch (error) {
      throw readError(this.name, error);
    } finally {
      this.clearProgress();
    }
  }

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#progress?.advance(chunk.length);
      yield chunk;
    }
  }

  /** Raw records that are nothing else need no word. */
  #say({ form, wrapping, matched, sampled }: Recognized): void {
    if (form === rawKmsg && wrapping === undefined && matched === sampled) return;
    const around = wrapping === undefined ? '' : ` in ${wrapping.name}`;
    const { printError } = this.#options.edge;
    printError(`${this.name}: ${form.name}${around} (${matched} of its first ${sampled} lines)\n`);
  }

  #kernelLog(): BootLog {
    const { edge, bootTime } = this.#options;
    const { clock, onExit, signal } = edge;
    return {
      openLog: (gate) => {
        const device = drainLog({ open: () => openKernelLog(this.#path, onExit), gate, clock });
        const reads$ = device.reads$.pipe(
          takeWhile(({ kind }) => kind !== 'drained'),
          takeUntil(fromEvent(signal, 'abort')),
        );
        return { ...device, reads$ };
      },
      recordClock: clockSinceBoot(bootTime ?? clock.wallMs() - clock.monotonicMs()),
      isSinceBoot: false,
    };
  }
}
