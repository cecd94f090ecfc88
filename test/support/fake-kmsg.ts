import type { KmsgFile } from '../../src/kmsg/kmsg-file.ts';
import type { SeekableLog } from '../../src/kmsg/last-sequence.ts';

interface Entry {
  readonly sequence: number;
  readonly bytes: Buffer;
}

/**
 * A kernel ring of `capacity` records with `devkmsg_read()`'s manners: a record a read, EAGAIN at the
 * end, one EPIPE for a reader it lapped, EINVAL and the record gone when the buffer is too small.
 * `wake` is poll(2) coming back, some time after `write`; a nudge makes it come back by itself.
 */
export class FakeKmsg {
  readonly #capacity: number;
  #ring: Entry[] = [];
  #next = 0;
  readonly #errnos: string[] = [];
  readonly #waiting = new Set<(error?: Error) => void>();
  /** Waits that have begun never end. */
  isStuck = false;
  /** Another process's turn, before each read. */
  beforeRead: () => void = () => undefined;
  opened = 0;
  closed = 0;
  reads = 0;

  constructor(capacity = Infinity) {
    this.#capacity = capacity;
  }

  /** Appends records; the ring drops its oldest. */
  write(...messages: readonly string[]): void {
    for (const message of messages) {
      const bytes = Buffer.from(`6,${this.#next},${this.#next * 1000},-;${message}\n`, 'latin1');
      this.#ring.push({ sequence: this.#next, bytes });
      this.#next += 1;
    }
    if (this.#ring.length > this.#capacity) this.#ring = this.#ring.slice(-this.#capacity);
  }

  /** The next reads fail so, one errno each. */
  failWith(...errnos: readonly string[]): void {
    this.#errnos.push(...errnos);
  }

  get isWaitedFor(): boolean {
    return this.#waiting.size > 0;
  }

  /** Lets every pending poll(2) return. */
  wake(error?: Error): void {
    const callbacks = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of callbacks) callback(error);
  }

  readonly open = (): KmsgFile & SeekableLog => {
    let position = 0;
    let callback: ((error?: Error) => void) | undefined;
    this.opened += 1;
    return {
      path: '/dev/kmsg',
      read: (buffer) => {
        this.reads += 1;
        this.beforeRead();
        const entry = this.#entryAt(position);
        position = entry.sequence + (entry.errno === 'EPIPE' ? 0 : 1);
        if (entry.errno !== undefined) throw errnoError(entry.errno);
        if (entry.bytes.length > buffer.length) throw errnoError('EINVAL');
        return entry.bytes.copy(buffer);
      },
      seekToEnd: () => {
        position = this.#next;
      },
      wait: (onReturn) => {
        callback = onReturn;
        this.#waiting.add(onReturn);
      },
      nudge: () => {
        if (!this.isStuck) setImmediate(() => this.wake());
      },
      close: () => {
        this.closed += 1;
        if (callback !== undefined) this.#waiting.delete(callback);
      },
    };
  };

  #entryAt(position: number): Entry & { readonly errno?: string } {
    const nothing = { sequence: position - 1, bytes: Buffer.alloc(0) };
    const errno = this.#errnos.shift();
    if (errno !== undefined) return { ...nothing, errno };
    const oldest = this.#ring[0];
    if (oldest === undefined || position >= this.#next) return { ...nothing, errno: 'EAGAIN' };
    if (position < oldest.sequence) return { ...oldest, errno: 'EPIPE' };
    return this.#ring[position - oldest.sequence] ?? { ...nothing, errno: 'EAGAIN' };
  }
}

function errnoError(code: string): Error {
  return Object.assign(new Error(`${code}: read`), { code });
}
