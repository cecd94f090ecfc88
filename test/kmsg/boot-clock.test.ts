import { describe, expect, test } from 'vitest';
import { BootClock } from '../../src/kmsg/boot-clock.ts';

const WALL = 1_700_000_000_000;

/** A machine whose record clock is `skewMs` behind CLOCK_MONOTONIC. */
class Machine {
  skewMs = 0;
  upMs = 1000;
  bootedAtMs = WALL;

  readonly clock = new BootClock({
    wallMs: () => this.bootedAtMs + this.upMs,
    monotonicMs: () => this.upMs,
  });

  /** Reads, `lateMs` after it was written, what is printed now. */
  read(lateMs = 0) {
    const monotonicUs = (this.upMs - this.skewMs) * 1000;
    this.upMs += lateMs;
    return this.clock.date({ live: true, readAtMs: this.bootedAtMs + this.upMs, monotonicUs });
  }

  live(lateMs = 0): number {
    return this.read(lateMs).atMs;
  }

  /** Finds nothing more, so long after it read the last. */
  drain(afterMs = 0): void {
    this.upMs += afterMs;
    this.clock.drained(this.upMs);
  }

  /** Reads only now what was printed at `writtenAtMs` after boot. */
  backlog(writtenAtMs: number): number {
    const monotonicUs = (writtenAtMs - this.skewMs) * 1000;
    return this.dated(monotonicUs, false).atMs;
  }

  /** Reads now what was printed when the record clock showed `monotonicUs`. */
  dated(monotonicUs: number, live: boolean) {
    const readAtMs = this.bootedAtMs + this.upMs;
    return this.clock.date({ live, readAtMs, monotonicUs });
  }
}

describe('the wall clock of a record', () => {
  test('live: when it was written, as soon as a read was prompt', () => {
    const machine = new Machine();
    expect(machine.live(3)).toBe(WALL + 1003);
    machine.live();
    const slewedMs = 9000 * 500e-6;
    expect(machine.live(9000)).toBeCloseTo(WALL + 1003 + slewedMs, 3);
  });

  test('of the backlog: as long ago as the monotonic clock says', () => {
    const machine = new Machine();
    machine.upMs = 60_000;
    expect(machine.backlog(10_000)).toBe(WALL + 10_000);
  });

  test('is never in the future, whatever the clocks say', () => {
    const machine = new Machine();
    expect(machine.backlog(5000)).toBe(WALL + 1000);
    const ahead = { live: true, readAtMs: WALL + 9000, monotonicUs: 0 };
    expect(machine.clock.date(ahead).atMs).toBe(WALL + 1000);
  });

  test('follows the wall clock when that is set', () => {
    const machine = new Machine();
    machine.bootedAtMs += 3_600_000;
    expect(machine.backlog(500)).toBe(WALL + 3_600_000 + 500);
  });

  test('is corrected by the drift that live records show', () => {
    const machine = new Machine();
    machine.skewMs = 250;
    expect(machine.backlog(400)).toBe(WALL + 150);
    machine.live();
    expect(machine.backlog(400)).toBe(WALL + 400);
    machine.skewMs = -80;
    machine.live();
    expect(machine.backlog(400)).toBe(WALL + 400);
  });

  test('is not misled by one late read', () => {
    const machine = new Machine();
    machine.live();
    machine.live(2000);
    expect(machine.backlog(500)).toBe(WALL + 501);
  });

  test('is not misled by a record that waited behind the read', () => {
    const machine = new Machine();
    const record = { live: true, readAtMs: WALL + machine.upMs, monotonicUs: machine.upMs * 1000 };
    machine.upMs += 700;
    machine.clock.date(record);
    expect(machine.backlog(500)).toBe(WALL + 500);
  });

  test('follows a drift as fast as NTP can slew', () => {
    const machine = new Machine();
    for (let day = 0; day < 30; day += 1) {
      machine.live();
      machine.upMs += 86_400_000;
      machine.skewMs += 40_000;
    }
    machine.live();
    const writtenAtMs = machine.upMs - 5000;
    machine.upMs += 1000;
    expect(machine.backlog(writtenAtMs)).toBe(WALL + writtenAtMs);
  });
});

describe('a record', () => {
  test('is not live where the reader was stopped for seconds', () => {
    const machine = new Machine();
    expect(machine.read(2).live).toBe(true);
    expect(machine.read(900).live).toBe(true);
    expect(machine.read(9000).live).toBe(false);
  });

  test('was written after the log had been found empty, and no earlier can be proved', () => {
    const machine = new Machine();
    machine.skewMs = 250;
    expect(machine.read().earliestMs).toBeUndefined();
    machine.drain();
    machine.upMs += 40;
    expect(machine.read(3).earliestMs).toBeCloseTo(1000, 0);
    machine.drain();
    machine.upMs += 5;
    expect(machine.read(3).earliestMs).toBeCloseTo(1043, 0);
  });

  test('proves it at any time from there on, however long nothing was logged', () => {
    const machine = new Machine();
    machine.drain();
    machine.upMs += 5;
    machine.read(3);
    machine.drain();
    machine.upMs += 60_000;
    const writtenMs = machine.upMs;
    const { earliestMs = 0 } = machine.read(9000);
    expect(writtenMs - earliestMs).toBeGreaterThanOrEqual(5);
    expect(writtenMs - earliestMs).toBeLessThan(5 + 69_000 * 500e-6 + 1);
  });

  test('proves it also where it piled up behind a closed gate', () => {
    const machine = new Machine();
    machine.drain();
    machine.read();
    const writtenMs = machine.upMs;
    machine.upMs += 300;
    expect(machine.dated(writtenMs * 1000, false).earliestMs).toBeCloseTo(writtenMs, 0);
  });

  test('proves nothing of the backlog at the start', () => {
    const machine = new Machine();
    machine.upMs = 60_000;
    expect(machine.dated(59_000_000, false).earliestMs).toBeUndefined();
    machine.drain();
    expect(machine.dated(59_500_000, false).earliestMs).toBeUndefined();
  });

  test('is never said to be younger than it is, also where the clocks drift while nobody reads', () => {
    const machine = new Machine();
    machine.drain();
    const first = machine.upMs * 1000;
    machine.upMs += 100_000;
    machine.skewMs -= 100_000 * 500e-6;
    const writtenMs = machine.upMs;
    machine.dated(first, true);
    const { earliestMs } = machine.dated((writtenMs - machine.skewMs) * 1000, true);
    expect(earliestMs).toBeLessThanOrEqual(writtenMs);
    expect(earliestMs).toBeCloseTo(writtenMs, 0);
  });
});

describe('the clocks, where chrony slews', () => {
  /** A prompt read, then a minute in which nothing is logged. */
  function afterAMinute(): Machine {
    const machine = new Machine();
    machine.read();
    machine.drain();
    machine.upMs += 60_000;
    return machine;
  }

  /** Five seconds later, what was begun now is ended. */
  function readEndedLate(machine: Machine, lines = 1): void {
    const begunUs = machine.upMs * 1000;
    machine.drain(5000);
    machine.upMs += 1;
    for (let line = 0; line < lines; line += 1) machine.dated(begunUs + line, true);
  }

  /** The next record is read three seconds late: neither bound lets it pass for a prompt one. */
  function expectUnmoved(machine: Machine): void {
    machine.drain();
    const writtenMs = machine.upMs;
    const { live, atMs, earliestMs } = machine.read(3000);
    expect(live).toBe(false);
    expect(Math.abs(atMs - WALL - writtenMs)).toBeLessThan(1000);
    expect(earliestMs ?? 0).toBeLessThanOrEqual(writtenMs);
  }

  test.each([400, 5000])(
    'follow %i ms in a minute by the second record that shows it',
    (slewMs) => {
      const machine = afterAMinute();
      machine.skewMs += slewMs;
      machine.read(2);
      machine.drain(1);
      machine.read(2);
      machine.drain(1);
      const writtenMs = machine.upMs;
      const { live, atMs, earliestMs } = machine.read(2);
      expect(live).toBe(true);
      expect(atMs).toBe(WALL + writtenMs + 2);
      expect(earliestMs).toBeCloseTo(writtenMs, 0);
      expectUnmoved(machine);
    },
  );

  test('follow it where hours lie between one record that shows it and the next', () => {
    const machine = afterAMinute();
    machine.skewMs += 5000;
    machine.drain();
    machine.read();
    for (let hour = 0; hour < 2; hour += 1) {
      machine.drain();
      machine.upMs += 3_600_000;
      machine.read();
    }
    machine.drain();
    expect(machine.read().live).toBe(true);
  });

  test('follow it backwards at once', () => {
    const machine = afterAMinute();
    machine.skewMs -= 5000;
    expect(machine.read(2).live).toBe(true);
    expectUnmoved(machine);
  });

  test('are not moved by a reader that is stopped for seconds, again and again', () => {
    const machine = afterAMinute();
    for (let read = 0; read < 5; read += 1) {
      machine.drain();
      expect(machine.read(5000).live).toBe(false);
    }
    expectUnmoved(machine);
  });

  test('are not moved by a line that was ended late', () => {
    const machine = afterAMinute();
    readEndedLate(machine);
    expectUnmoved(machine);
  });

  test('are not moved by a line that held up others', () => {
    const machine = afterAMinute();
    readEndedLate(machine, 3);
    expectUnmoved(machine);
  });

  test('are not moved by two lines that were ended late, and a prompt one between', () => {
    const machine = afterAMinute();
    readEndedLate(machine);
    machine.drain();
    machine.read(2);
    machine.upMs += 60_000;
    readEndedLate(machine);
    expectUnmoved(machine);
  });

  test('are not moved by lines of which each is ended by the next', () => {
    const machine = new Machine();
    machine.read();
    for (let line = 0; line < 5; line += 1) readEndedLate(machine);
    expectUnmoved(machine);
  });
});
