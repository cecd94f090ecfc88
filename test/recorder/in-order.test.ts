import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { InOrder } from '../../src/recorder/in-order.ts';

describe('things of one key', () => {
  test('are done one after the other, those of another meanwhile', async () => {
    const order = new InOrder();
    const done: string[] = [];
    const first = Promise.withResolvers<void>();
    void order.after('a', async () => {
      await first.promise;
      done.push('a1');
    });
    void order.after('a', async () => {
      await turn();
      done.push('a2');
    });
    await order.after('b', async () => {
      await turn();
      done.push('b1');
    });
    expect(done).toEqual(['b1']);
    expect([order.isBusy('a'), order.isBusy('b')]).toEqual([true, false]);

    first.resolve();
    await order.settled();
    expect(done).toEqual(['b1', 'a1', 'a2']);
    await turn();
    expect(order.isBusy('a')).toBe(false);
  });

  test('are settled at once when there are none', async () => {
    await expect(new InOrder().settled()).resolves.toBeUndefined();
  });
});
