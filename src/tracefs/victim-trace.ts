import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoCode } from '../kmsg/kmsg-errors.ts';
import type { OnExit } from '../kmsg/poll.ts';
import type { Marks, MarkSource } from '../oom/join-marks.ts';
import { TracefsError } from './tracefs-error.ts';
import { VictimLines } from './victim-lines.ts';

const EVENT = 'events/oom/mark_victim';
/** What an agent's instances are called; six random letters follow. */
const PREFIX = 'oom-recorder-';
/** Of each processor; the kernel's own 1.4 MB would be 180 MB on 128 of them. It holds some 700 victims. */
const BUFFER_KIB = 64;
/** Settings of the host's own tracing, which an instance begins with: an event is not printed as `print fmt` says then. */
const OTHER_FORMS = ['raw', 'hex', 'bin', 'fields'];
/** tracing_read_pipe() gives a page at most, or two (TRACE_SEQ_BUFFER_SIZE). */
const READ_BYTES = 8192;

/**
 * The tracepoint `oom:mark_victim`, read through an instance of the kernel's tracing: buffers, switches and
 * readers of its own. Nobody else's tracing is touched, and none of theirs reaches it.
 *
 * Nothing waits for it: who has read a kill line of the log, or the kernel's counter, reads it.
 *
 * @see https://docs.kernel.org/trace/ftrace.html#instances
 */
export class VictimTrace implements MarkSource, Disposable {
  readonly #lines: VictimLines;
  readonly #directory: string;
  readonly #pipe: number;
  readonly #forgetExit: () => void;
  readonly #buffer = Buffer.alloc(READ_BYTES);

  /**
   * Makes one below `root`, and removes those of agents that were killed.
   *
   * @throws TracefsError
   */
  static open(root: string, onExit: OnExit): VictimTrace {
    try {
      return new VictimTrace(root, onExit);
    } catch (cause) {
      throw new TracefsError(root, cause);
    }
  }

  private constructor(root: string, onExit: OnExit) {
    this.#lines = new VictimLines(readFileSync(join(root, EVENT, 'format'), 'utf8'));
    const instances = join(root, 'instances');
    for (const name of readdirSync(instances)) {
      if (name.startsWith(PREFIX)) removeUnlessInUse(join(instances, name));
    }
    this.#directory = mkdtempSync(join(instances, PREFIX));
    try {
      this.#pipe = this.#start();
    } catch (cause) {
      removeUnlessInUse(this.#directory);
      throw cause;
    }
    this.#forgetExit = onExit(() => this.#remove());
  }

  /** Whether it tells names and sizes, or pids alone. */
  get tellsNames(): boolean {
    return this.#lines.tellNames;
  }

  read(): Marks {
    let text = '';
    for (;;) {
      const bytes = this.#readOnce();
      if (bytes === 0) return this.#lines.take(text);
      text += this.#buffer.toString('latin1', 0, bytes);
    }
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    this.#forgetExit();
    this.#remove();
  }

  /** Its buffers are made small first: since 6.7 there are none before they are used. */
  #start(): number {
    this.#write('buffer_size_kb', String(BUFFER_KIB));
    const known = new Set(readdirSync(join(this.#directory, 'options')));
    for (const form of OTHER_FORMS) if (known.has(form)) this.#write(`options/${form}`, '0');
    const path = join(this.#directory, 'trace_pipe');
    // An instance that is read is busy: no other agent takes it for left behind.
    const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      this.#write(`${EVENT}/enable`, '1');
    } catch (cause) {
      closeSync(pipe);
      throw cause;
    }
    return pipe;
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.#directory, file), text);
  }

  #readOnce(): number {
    try {
      return readSync(this.#pipe, this.#buffer);
    } catch (cause) {
      if (errnoCode(cause) === 'EAGAIN') return 0;
      throw cause;
    }
  }

  #remove(): void {
    closeSync(this.#pipe);
    removeUnlessInUse(this.#directory);
  }
}

/** The kernel refuses to remove one that somebody reads (EBUSY); the next agent that starts removes it then. */
function removeUnlessInUse(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // In use, or gone meanwhile.
  }
}
