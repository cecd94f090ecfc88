import { setImmediate as nextTurn } from 'node:timers/promises';
import { map, take, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { drainLog } from '../../src/kmsg/drain-log.ts';
import type { DeviceRead } from '../../src/kmsg/record.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { FakeKmsg } from '../support/fake-kmsg.ts';

const clock = { wallMs: () => 1_700_000_000_000, monotonicMs: () => 42 };

/** `a` a record of the backlog, `a!` a live one, `.` drained. */
function brief(read: DeviceRead): string {
  if (read.kind !== 'raw') return '.';
  const message = read.bytes
    .toString('latin1')
    .replace(/^[^;]*;/, '')
    .trimEnd();
  return read.live ? `${message}!` : message;
}

function setUp(log = new FakeKmsg()) {
  const gate = new FakeGate();
  const device = drainLog({ open: log.open, gate, clock });
  const seen: string[] = [];
  const brief$ = device.reads$.pipe(map(brief));
  const listen = (reads$: Observable<string> = brief$) =>
    reads$.subscribe({
      next: (text) => seen.push(text),
      error: (error: Error) => seen.push(`✗ ${error.name}: ${error.message}`),
      complete: () => seen.push('|'),
    });
  return { log, gate, device, brief$, seen, listen };
}

describe('draining the kernel log', () => {
  test('opens it on subscription and gives the backlog, then each record as poll announces it', () => {
    const { log, brief$ } = setUp();
    log.write('a', 'b');
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run((at) => {
      at.cold('-----c---------d').subscribe((message) => {
        log.write(message, message);
        log.wake();
      });
      at.expectObservable(brief$, '^------------------!').toBe('(ab.)(ccd)-----(eed)', {
        a: 'a',
        b: 'b',
        '.': '.',
        c: 'c!',
        d: '.',
        e: 'd!',
      });
    });
    expect(log).toMatchObject({ opened: 1, closed: 1, isWaitedFor: false });
  });

  test('does a whole turn of reading ahead of others, and waits as usual', () => {
    const log = new FakeKmsg();
    const happened: string[] = [];
    const runAhead = (work: () => number): number => {
      happened.push('ahead');
      const left = work();
      happened.push('as usual');
      return left;
    };
    log.write('a', 'b');
    const device = drainLog({ open: log.open, gate: new FakeGate(), clock, runAhead });
    const reading = device.reads$.subscribe((read) => happened.push(brief(read)));
    expect(happened).toEqual(['ahead', 'a', 'b', '.', 'as usual']);
    reading.unsubscribe();
  });

  test('hands out the bytes, the wall clock of the read and the monotonic clock of the end', () => {
    const { log, device } = setUp();
    log.write('a', 'b');
    const reads: DeviceRead[] = [];
    device.reads$
      .subscribe((read) =>
        reads.push(read.kind === 'raw' ? { ...read, bytes: Buffer.from(read.bytes) } : read),
      )
      .unsubscribe();
    const raw = { kind: 'raw', readAtMs: 1_700_000_000_000, live: false };
    expect(reads).toEqual([
      { ...raw, bytes: Buffer.from('6,0,0,-;a\n') },
      { ...raw, bytes: Buffer.from('6,1,1000,-;b\n') },
      { kind: 'drained', atMs: 42 },
    ]);
  });

  test('says drained after every drain, also when a wake-up was for nothing', () => {
    const { log, seen, listen } = setUp();
    listen();
    log.wake();
    log.write('a');
    log.wake();
    expect(seen).toEqual(['.', '.', 'a!', '.']);
  });

  test('nudged, it looks once more, and does so by itself when it does not wait', async () => {
    const { log, gate, device, seen, listen } = setUp();
    listen();
    device.nudge();
    await nextTurn();
    expect(seen).toEqual(['.', '.']);
    log.wake();
    gate.close();
    log.wake();
    device.nudge();
    await nextTurn();
    expect(log.isWaitedFor).toBe(false);
    expect(seen).toEqual(['.', '.', '.']);
  });

  test('two subscribers read the whole log each', () => {
    const { log, seen, listen } = setUp();
    log.write('a');
    listen();
    listen();
    expect(seen).toEqual(['a', '.', 'a', '.']);
    expect(log.opened).toBe(2);
  });

  test('stops in the middle of a burst when its subscriber leaves', () => {
    const { log, seen, listen, brief$ } = setUp();
    log.write('a', 'b', 'c');
    listen(brief$.pipe(take(2)));
    expect(seen).toEqual(['a', 'b', '|']);
    expect(log).toMatchObject({ reads: 2, closed: 1, isWaitedFor: false });
  });

  test('errors when the log cannot be opened', () => {
    const device = drainLog({
      open: () => {
        throw new Error('no log');
      },
      gate: new FakeGate(),
      clock,
    });
    const errors: unknown[] = [];
    device.reads$.subscribe({ error: (error) => errors.push(error) });
    expect(errors).toEqual([new Error('no log')]);
  });
});

describe('a backlog longer than a turn', () => {
  const many = Array.from({ length: 600 }, (_, index) => `r${index}`);

  test('yields to the event loop, loses nothing and is not live', async () => {
    const { log, seen, listen } = setUp();
    log.write(...many);
    listen();
    expect(seen).toEqual(many.slice(0, 256));
    expect(log.isWaitedFor).toBe(false);
    await nextTurn();
    expect(seen).toHaveLength(512);
    await nextTurn();
    expect(seen).toEqual([...many, '.']);
    expect(log.isWaitedFor).toBe(true);
  });

  test('is left alone once nobody listens', async () => {
    const { log, listen } = setUp();
    log.write(...many);
    listen().unsubscribe();
    await nextTurn();
    expect(log).toMatchObject({ reads: 256, closed: 1 });
  });

  test('stays live when poll announced it', async () => {
    const { log, seen, listen } = setUp();
    listen();
    log.write(...many);
    log.wake();
    await nextTurn();
    await nextTurn();
    expect(seen).toEqual(['.', ...many.map((message) => `${message}!`), '.']);
  });
});

describe('the gate', () => {
  test('closed, it stops reading and waiting; opened, what piled up is not live', () => {
    const { log, gate, seen, listen } = setUp();
    gate.close();
    log.write('a');
    listen();
    expect(log).toMatchObject({ reads: 0, isWaitedFor: false });
    gate.open();
    expect(seen).toEqual(['a', '.']);
    gate.close();
    log.write('b');
    log.wake();
    expect(log.isWaitedFor).toBe(false);
    gate.open();
    log.write('c');
    log.wake();
    expect(seen).toEqual(['a', '.', 'b', '.', 'c!', '.']);
  });

  test('is asked before every read', () => {
    const { log, gate, seen, listen, brief$ } = setUp();
    log.write('a', 'b', 'c');
    listen(brief$.pipe(map((text) => (text === 'b' ? (gate.close(), text) : text))));
    expect(seen).toEqual(['a', 'b']);
    expect(log.reads).toBe(2);
    gate.open();
    expect(seen).toEqual(['a', 'b', 'c', '.']);
  });

  test('closed by the news that the log is drained, it also stops the wait', () => {
    const { log, gate, listen, brief$ } = setUp();
    listen(brief$.pipe(map((text) => (gate.close(), text))));
    expect(log.isWaitedFor).toBe(false);
    gate.isOpen = true;
    gate.opened$.next();
    expect(log.reads).toBe(2);
  });

  test('closed and opened within one emission, the drain goes on, in order', () => {
    const { log, gate, seen, listen, brief$ } = setUp();
    log.write('a', 'b', 'c');
    listen(brief$.pipe(map((text) => (gate.close(), gate.open(), text))));
    expect(seen).toEqual(['a', 'b', 'c', '.']);
  });

  test('opened while poll still waits, it drains without waiting twice', () => {
    const { log, gate, seen, listen } = setUp();
    listen();
    gate.close();
    log.write('a');
    gate.open();
    log.wake();
    expect(seen).toEqual(['.', 'a', '.', '.']);
  });

  test('is forgotten when the subscriber leaves', () => {
    const { gate, listen } = setUp();
    listen().unsubscribe();
    expect(gate.opened$.observed).toBe(false);
  });
});

describe('draining now', () => {
  test('reads what the log holds before it returns, as live as a wake-up would have', () => {
    const { log, device, seen, listen } = setUp();
    listen();
    log.write('a', 'b');
    device.drainNow();
    expect(seen).toEqual(['.', 'a!', 'b!', '.']);
    log.wake();
    expect(seen).toEqual(['.', 'a!', 'b!', '.', '.']);
  });

  test('finishes a backlog that had yielded, once', async () => {
    const { log, device, seen, listen } = setUp();
    const many = Array.from({ length: 600 }, (_, index) => `r${index}`);
    log.write(...many);
    listen();
    device.drainNow();
    expect(seen).toEqual([...many, '.']);
    await nextTurn();
    expect(seen).toHaveLength(601);
  });

  test('does nothing without a subscriber, behind a closed gate, or after the end', () => {
    const { log, gate, device, seen, listen } = setUp();
    device.drainNow();
    gate.close();
    const subscription = listen();
    device.drainNow();
    subscription.unsubscribe();
    gate.isOpen = true;
    device.drainNow();
    expect(seen).toEqual([]);
    expect(log.reads).toBe(0);
  });

  test('from within an emission it leaves the reading to the drain that emitted', () => {
    const { log, device, seen, listen, brief$ } = setUp();
    log.write('a', 'b', 'c');
    listen(brief$.pipe(map((text) => (device.drainNow(), text))));
    expect(seen).toEqual(['a', 'b', 'c', '.']);
  });

  test('gives up on a flood, without saying drained', async () => {
    const { log, device, seen, listen, brief$ } = setUp(new FakeKmsg(100));
    let flood = true;
    listen(brief$.pipe(map((text) => (flood && log.write('more'), text))));
    expect(seen).toEqual(['.']);
    device.drainNow();
    expect(seen).toHaveLength(1 + 16_384);
    expect(seen.lastIndexOf('.')).toBe(0);
    flood = false;
    await nextTurn();
    expect(seen.slice(-2)).toEqual(['more!', '.']);
  });
});

describe('errno', () => {
  test('an overrun ring is read on from its oldest record, which is not live', () => {
    const { log, seen, listen } = setUp(new FakeKmsg(2));
    listen();
    log.write('a', 'b', 'c', 'd', 'e');
    log.wake();
    log.write('f');
    log.wake();
    expect(seen).toEqual(['.', 'd', 'e', '.', 'f!', '.']);
  });

  test('a record too large for the buffer is passed over', () => {
    const { log, seen, listen } = setUp();
    log.write('a', 'x'.repeat(9000), 'b');
    listen();
    expect(seen).toEqual(['a', 'b', '.']);
  });

  test('an interrupted read is tried again', () => {
    const { log, seen, listen } = setUp();
    log.write('a');
    log.failWith('EINTR', 'EINTR');
    listen();
    expect(seen).toEqual(['a', '.']);
  });

  test.each(['ENODEV', 'EBADF', 'EIO'])('%s ends it with a typed error, and closes', (errno) => {
    const { log, seen, listen } = setUp();
    listen();
    log.failWith(errno);
    log.wake();
    expect(seen).toEqual([
      '.',
      expect.stringMatching(`✗ KmsgReadError: Reading the kernel log /dev/kmsg: read.* ${errno}`),
    ]);
    expect(log).toMatchObject({ closed: 1, isWaitedFor: false });
  });

  test('a read of nothing is the end of a device that has none', () => {
    const gate = new FakeGate();
    const file = {
      path: '/dev/kmsg',
      read: () => 0,
      wait: () => undefined,
      nudge: () => undefined,
      close: () => undefined,
    };
    const errors: unknown[] = [];
    drainLog({ open: () => file, gate, clock }).reads$.subscribe({ error: (e) => errors.push(e) });
    expect(errors).toEqual([expect.objectContaining({ code: 'E_KMSG_READ', retryable: true })]);
  });

  test('a poll that fails ends it', () => {
    const { log, seen, listen } = setUp();
    listen();
    log.wake(new TypeError('hung up'));
    expect(seen).toEqual(['.', '✗ TypeError: hung up']);
    expect(log.closed).toBe(1);
  });
});
