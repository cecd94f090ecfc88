import { closeSync, readSync, writeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';

/** Runs the callback when the process exits, however it comes to; returns how to take that back. */
export type OnExit = (callback: () => void) => () => void;

/** include/uapi/asm-generic/poll.h */
const POLLIN = 0x01;
const POLLERR = 0x08;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;

/** EFD_CLOEXEC | EFD_NONBLOCK, include/linux/eventfd.h: not for child processes, and a write never waits. */
const EVENTFD_FLAGS = 0o2_000_000 | 0o4000;

/** What eventfd_write() adds to the counter; anything but 0 makes it readable. */
const ONE_EVENT = new BigUint64Array([1n]);

/** Two `struct pollfd { int fd; short events; short revents; }`: the log, then the eventfd. */
const POLLFD_COUNT = 2;
const POLLFD_BYTES = 8;
const FOR_EVER = -1;
const AT_ONCE = 0;
const FAILED = -1;

type PollFunction = (fds: Uint8Array, count: number, timeoutMs: number) => number;

interface Libc {
  readonly poll: KoffiFunc<PollFunction>;
  readonly eventfd: (initial: number, flags: number) => number;
}

/** `woken`: by the eventfd. `nothing`: poll(2) came back without a reason. */
type Verdict = 'readable' | 'woken' | 'nothing' | Error;

/** node is linked to its libc, glibc or musl, so the process itself has the symbols; a static one may not. */
function bindLibc(): Libc {
  try {
    return bindFrom(null);
  } catch {
    return bindFrom('libc.so.6');
  }
}

function bindFrom(library: string | null): Libc {
  const handle = koffi.load(library);
  return {
    poll: handle.func('poll', 'int', ['void *', 'ulong', 'int']),
    eventfd: handle.func('eventfd', 'int', ['uint', 'int']),
  };
}

/**
 * Waits until a descriptor is readable, in poll(2) on libuv's thread pool (of which it holds one of
 * four threads), without a timer. node:fs can only wait in read(2), and a read that is pending keeps
 * the process from exiting for ever; this wait ends when its eventfd is written, which `close` and
 * the exit of the process do.
 */
export class DescriptorPoll {
  readonly #libc = bindLibc();
  readonly #eventfd: number;
  /**
   * The kernel writes into this while we wait. koffi does not keep it alive, the callback that
   * refers to it does; and it is an ArrayBuffer because V8 moves small typed arrays about.
   */
  readonly #pollfds = new ArrayBuffer(POLLFD_COUNT * POLLFD_BYTES);
  readonly #forgetExit: () => void;
  #pending = false;
  #nudged = false;
  #onClosed: (() => void) | undefined;

  constructor(fd: number, onExit: OnExit) {
    this.#eventfd = this.#libc.eventfd(0, EVENTFD_FLAGS);
    if (this.#eventfd === FAILED) throw new Error(`eventfd(2) failed with errno ${koffi.errno()}`);
    const fds = new Int32Array(this.#pollfds);
    const shorts = new Int16Array(this.#pollfds);
    [fds[0], shorts[2], fds[2], shorts[6]] = [fd, POLLIN, this.#eventfd, POLLIN];
    this.#forgetExit = onExit(() => this.#wake());
  }

  /** Calls back once, in a later turn: without an error when a read may succeed. */
  wait(onReturn: (error?: Error) => void): void {
    this.#pending = true;
    this.#libc.poll.async(
      this.#view(),
      POLLFD_COUNT,
      FOR_EVER,
      (refused: Error | null, result: number) => {
        this.#pending = false;
        const verdict = refused ?? this.#verdict(result);
        if (this.#onClosed !== undefined) this.#release(this.#onClosed);
        else if (verdict === 'nothing') this.wait(onReturn);
        else if (verdict === 'readable') onReturn();
        else if (verdict !== 'woken') onReturn(verdict);
        else if (this.#nudged) this.#comply(onReturn);
      },
    );
  }

  /** Ends the wait under way as if there were something to read: who waits comes back and looks. */
  nudge(): void {
    if (!this.#pending || this.#nudged) return;
    this.#nudged = true;
    this.#wake();
  }

  /** `onClosed` runs when nothing waits on the descriptor any more; only then may it be closed. */
  close(onClosed: () => void): void {
    this.#onClosed = onClosed;
    if (this.#pending) this.#wake();
    else this.#release(onClosed);
  }

  #wake(): void {
    writeSync(this.#eventfd, ONE_EVENT);
  }

  /** The eventfd must be read, or it wakes every wait from now on. */
  #comply(onReturn: () => void): void {
    this.#nudged = false;
    readSync(this.#eventfd, Buffer.alloc(ONE_EVENT.byteLength));
    onReturn();
  }

  #release(onClosed: () => void): void {
    this.#forgetExit();
    closeSync(this.#eventfd);
    onClosed();
  }

  /** A signal may have hit the waiting thread, whose errno is not ours to read: so ask again from here. */
  #verdict(result: number): Verdict {
    const ready = result === FAILED ? this.#libc.poll(this.#view(), POLLFD_COUNT, AT_ONCE) : result;
    if (ready === FAILED) return new Error(`poll(2) failed with errno ${koffi.errno()}`);
    const [, , , revents = 0, , , , wakeRevents = 0] = new Int16Array(this.#pollfds);
    return wakeRevents === 0 ? judge(revents) : 'woken';
  }

  #view(): Uint8Array {
    return new Uint8Array(this.#pollfds);
  }
}

/** After an overrun `devkmsg_poll()` says IN|PRI|ERR: the read will explain. */
function judge(revents: number): Verdict {
  if (revents & POLLNVAL) return new Error('its descriptor is not open');
  if (revents & POLLIN) return 'readable';
  if (revents & POLLHUP) return new Error('the device hung up');
  if (revents & POLLERR) return new Error('the device reports an error');
  return 'nothing';
}
