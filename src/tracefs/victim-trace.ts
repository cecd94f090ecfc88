import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoCode } from '../kmsg/kmsg-errors.ts';
import type { OnExit } from '../kmsg/poll.ts';
import type { Marks, MarkSource } from '../oom/join-marks.ts';
import { TracefsError } from './tracefs-error.ts';
import { EVENT, startTracing, stopTracing } from './tracing-instance.ts';
import { VictimLines } from './victim-lines.ts';

/** What an agent's instances are called; six random letters follow. */
const PREFIX = 'oom-recorder-';
/** tracing_read_pipe() gives a page at most, or two (TRACE_SEQ_BUFFER_SIZE). */
const READ_BYTES = 8192;

/** Where the tracepoint is. */
export interface TracefsPlace {
  /** Where tracefs is mounted: an instance is made there, and removed. */
  readonly root: string;
  /** Or an instance that somebody else made for the agent alone. It stays, and is reset first. */
  readonly instance?: string | undefined;
}

/**
 * The tracepoint `oom:mark_victim`, read through an instance of the kernel's tracing. Nobody else's tracing is
 * touched, and none of theirs reaches it.
 *
 * @see https://docs.kernel.org/trace/ftrace.html#instances
 */
export class VictimTrace implements MarkSource, Disposable {
  /** Reads what its pipe gives, and keeps the rest of a line: so one alone may feed it. */
  readonly lines: VictimLines;
  /** `trace_pipe`, which never waits. */
  readonly pipe: number;
  /** What it is read as. */
  readonly path: string;
  readonly #end: () => void;
  readonly #forgetExit: () => void;
  readonly #buffer = Buffer.alloc(READ_BYTES);

  /**
   * Opens it; below a root, removes the instances of agents that were killed.
   *
   * @throws TracefsError
   */
  static open({ root, instance }: TracefsPlace, onExit: OnExit): VictimTrace {
    try {
      return instance === undefined ? openOwn(root, onExit) : openKept(instance, onExit);
    } catch (cause) {
      throw new TracefsError(instance ?? root, cause);
    }
  }

  /**
   * Whether it can be opened; an instance that stays is only looked at, for an agent may read it.
   *
   * @returns whether it tells names
   * @throws TracefsError
   */
  static probe(place: TracefsPlace, onExit: OnExit): boolean {
    if (place.instance === undefined) {
      using trace = VictimTrace.open(place, onExit);
      return trace.lines.tellNames;
    }
    try {
      accessSync(join(place.instance, EVENT, 'enable'), constants.R_OK | constants.W_OK);
      return new VictimLines(readFormat(place.instance)).tellNames;
    } catch (cause) {
      throw new TracefsError(place.instance, cause);
    }
  }

  /** @param end undoes what was begun, when its pipe is closed */
  constructor(format: string, directory: string, end: () => void, onExit: OnExit) {
    this.lines = new VictimLines(format);
    this.#end = end;
    this.path = join(directory, 'trace_pipe');
    this.pipe = startTracing(directory);
    this.#forgetExit = onExit(() => this.#close());
  }

  /** Whoever was marked since; never waits. */
  read(): Marks {
    let text = '';
    for (;;) {
      const bytes = this.#readOnce();
      if (bytes === 0) return this.lines.take(text);
      text += this.#buffer.toString('latin1', 0, bytes);
    }
  }

  [Symbol.dispose](): void {
    this.#forgetExit();
    this.#close();
  }

  #readOnce(): number {
    try {
      return readSync(this.pipe, this.#buffer);
    } catch (cause) {
      if (errnoCode(cause) === 'EAGAIN') return 0;
      throw cause;
    }
  }

  #close(): void {
    closeSync(this.pipe);
    this.#end();
  }
}

function openOwn(root: string, onExit: OnExit): VictimTrace {
  const format = readFormat(root);
  const instances = join(root, 'instances');
  for (const name of readdirSync(instances)) {
    if (name.startsWith(PREFIX)) removeUnlessInUse(join(instances, name));
  }
  const directory = mkdtempSync(join(instances, PREFIX));
  const remove = (): void => removeUnlessInUse(directory);
  try {
    return new VictimTrace(format, directory, remove, onExit);
  } catch (cause) {
    remove();
    throw cause;
  }
}

function openKept(instance: string, onExit: OnExit): VictimTrace {
  return new VictimTrace(readFormat(instance), instance, () => stopTracing(instance), onExit);
}

function readFormat(directory: string): string {
  return readFileSync(join(directory, EVENT, 'format'), 'utf8');
}

/** The kernel refuses to remove one that somebody reads (EBUSY); the next agent that starts removes it then. */
function removeUnlessInUse(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // In use, or gone meanwhile.
  }
}
