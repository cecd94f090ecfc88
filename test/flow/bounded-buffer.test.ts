import { setImmediate as nextTurn } from 'node:timers/promises';
import { lastValueFrom, NEVER, of, Subject, throwError, timer, map } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { BoundedBuffer } from '../../src/flow/bounded-buffer.ts';
import { marbles } from '../support/marbles.ts';

describe('BoundedBuffer', () => {
  test('hands items on one after the other, in order', () => {
    marbles(({ hot, expectObservable }) => {
      const buffer = new BoundedBuffer<string>(10);
      const in$ = hot('  -abc-------------|');
      const expected = ' -----a---b---c---|';
      const slow = (item: string) => timer(4).pipe(map(() => item));
      expectObservable(in$.pipe(buffer.drainTo(slow))).toBe(expected);
    });
  });

  test('completes after the last item has been consumed', () => {
    marbles(({ hot, expectObservable }) => {
      const buffer = new BoundedBuffer<string>(10);
      const slow = (item: string) => timer(4).pipe(map(() => item));
      expectObservable(hot('-ab|').pipe(buffer.drainTo(slow))).toBe('-----a---(b|)');
    });
  });

  test('passes an error of the producer on', () => {
    marbles(({ hot, expectObservable }) => {
      const buffer = new BoundedBuffer<string>(10);
      expectObservable(hot('-a#').pipe(buffer.drainTo((item) => of(item)))).toBe('-a#');
    });
  });

  test('passes an error of the consumer on', () => {
    marbles(({ hot, expectObservable }) => {
      const buffer = new BoundedBuffer<string>(10);
      const fail = () => throwError(() => 'error');
      expectObservable(hot('-a-b').pipe(buffer.drainTo(fail))).toBe('-#');
    });
  });

  test('is full with ten waiting and one in the consumer’s hand', () => {
    const buffer = new BoundedBuffer<number>(10);
    const in$ = new Subject<number>();
    in$.pipe(buffer.drainTo(() => NEVER)).subscribe();
    for (let item = 0; item < 10; item += 1) in$.next(item);
    expect([buffer.waiting, buffer.gate.isOpen]).toEqual([9, true]);
    in$.next(10);
    expect([buffer.waiting, buffer.gate.isOpen]).toEqual([10, false]);
  });

  test('opens the gate once for each time it was closed', () => {
    const buffer = new BoundedBuffer<number>(2);
    const in$ = new Subject<number>();
    const hands: Subject<void>[] = [];
    let opened = 0;
    buffer.gate.opened$.subscribe(() => (opened += 1));
    const consume = () => {
      const hand = new Subject<void>();
      hands.push(hand);
      return hand;
    };
    in$.pipe(buffer.drainTo(consume)).subscribe();
    [1, 2, 3].forEach((item) => in$.next(item));
    expect(buffer.gate.isOpen).toBe(false);
    hands[0]?.complete();
    expect([buffer.gate.isOpen, opened]).toEqual([true, 1]);
    hands[1]?.complete();
    expect(opened).toBe(1);
  });

  test('a producer that asks the gate is read no further while the consumer is stuck', () => {
    const buffer = new BoundedBuffer<number>(10);
    const hand = new Subject<number>();
    let produced = 0;
    const in$ = new Subject<number>();
    const produce = () => {
      while (buffer.gate.isOpen && produced < 1000) in$.next((produced += 1));
    };
    const consumed: number[] = [];
    buffer.gate.opened$.subscribe(produce);
    in$
      .pipe(
        buffer.drainTo((item) => {
          consumed.push(item);
          return item === 1 ? hand : of(item);
        }),
      )
      .subscribe();
    produce();
    expect([produced, consumed]).toEqual([11, [1]]);
    hand.complete();
    expect(produced).toBe(1000);
    expect(consumed).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  test('unsubscribing releases the producer and the consumer', () => {
    const buffer = new BoundedBuffer<number>(1);
    const in$ = new Subject<number>();
    const hand = new Subject<void>();
    const subscription = in$.pipe(buffer.drainTo(() => hand)).subscribe();
    [1, 2].forEach((item) => in$.next(item));
    subscription.unsubscribe();
    expect([in$.observed, hand.observed, buffer.waiting]).toEqual([false, false, 0]);
  });
});

test('is idle when the last item is consumed, and not between two', async () => {
  const buffer = new BoundedBuffer<number>(10);
  const consumed = [1, 2].map(() => Promise.withResolvers<void>());
  const isIdle: boolean[] = [];
  const note = (): number => isIdle.push(buffer.isIdle);
  const done = lastValueFrom(
    of(1, 2).pipe(buffer.drainTo(async (item) => consumed[item - 1]?.promise)),
  );
  for (const { resolve } of consumed) {
    await nextTurn();
    note();
    resolve();
  }
  await done;
  note();
  expect(isIdle).toEqual([false, false, true]);
});

test('is not idle for a producer that sees the gate open', () => {
  const buffer = new BoundedBuffer<number>(1);
  const in$ = new Subject<number>();
  const hands: Subject<void>[] = [];
  const isIdle: boolean[] = [];
  const consume = () => {
    const hand = new Subject<void>();
    hands.push(hand);
    return hand;
  };
  buffer.gate.opened$.subscribe(() => isIdle.push(buffer.isIdle));
  in$.pipe(buffer.drainTo(consume)).subscribe();
  [1, 2].forEach((item) => in$.next(item));
  hands[0]?.complete();
  expect([isIdle, buffer.isIdle]).toEqual([[false, false], false]);
  hands[1]?.complete();
  expect(buffer.isIdle).toBe(true);
});

test.each<readonly [string, (hand: Subject<void>, stop: () => void) => void]>([
  ['an error of the consumer’s', (hand) => hand.error('error')],
  ['unsubscribing', (_, stop) => stop()],
])('%s leaves it idle: nothing waits, and nothing is being consumed', (_, end) => {
  const buffer = new BoundedBuffer<number>(10);
  const in$ = new Subject<number>();
  const hand = new Subject<void>();
  const subscription = in$.pipe(buffer.drainTo(() => hand)).subscribe({ error: () => undefined });
  [1, 2].forEach((item) => in$.next(item));
  expect(buffer.isIdle).toBe(false);
  end(hand, () => subscription.unsubscribe());
  expect([buffer.isIdle, buffer.waiting]).toEqual([true, 0]);
});
