import { describe, expect, test } from 'vitest';
import { lastSequence } from '../../src/kmsg/last-sequence.ts';
import { FakeKmsg } from '../support/fake-kmsg.ts';

describe('the last record of a log', () => {
  test.each([
    ['of an empty one is before the first', 0, Infinity, -1],
    ['of one is that', 1, Infinity, 0],
    ['is found behind more than are read at once', 1000, Infinity, 999],
    ['is found where the ring has lost the first ones', 1000, 50, 999],
  ])('%s', (_, records, capacity, last) => {
    const ring = new FakeKmsg(capacity);
    for (let record = 0; record < records; record += 1) ring.write('a record');
    expect(lastSequence(ring.open)).toBe(last);
    expect(ring.closed).toBe(ring.opened);
  });

  test.each([1, 3])('is the one before what is written meanwhile, %i at every read', (many) => {
    const ring = new FakeKmsg();
    ring.write(...Array.from({ length: 1000 }, () => 'before'));
    ring.beforeRead = () => ring.write(...Array.from({ length: many }, () => 'meanwhile'));
    expect(lastSequence(ring.open)).toBe(999);
  });

  test('is before all there are where a writer has overrun the ring meanwhile', () => {
    const ring = new FakeKmsg(50);
    ring.write(...Array.from({ length: 50 }, () => 'before'));
    let left = 1;
    ring.beforeRead = () => {
      if (left > 0) ring.write(...Array.from({ length: 70 }, () => 'meanwhile'));
      left -= 1;
    };
    expect(lastSequence(ring.open)).toBe(69);
  });

  test('is not told where the log cannot be read', () => {
    const ring = new FakeKmsg();
    ring.failWith('EIO');
    expect(() => lastSequence(ring.open)).toThrow(/EIO/);
    expect(ring.closed).toBe(ring.opened);
  });
});
