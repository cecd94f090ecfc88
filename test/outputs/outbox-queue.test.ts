import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutboxRow } from '../../src/store/outbox-table.ts';
import { OutboxQueue } from '../../src/outputs/event-output.ts';
import { FakeOutbox, makeEvent } from '../support/fake-outbox.ts';

const OBJECTS = ['a', 'b', 'c', 'd'] as const;

/** What may happen between two looks at the outbox. */
const step = fc.oneof(
  { arbitrary: fc.record({ add: fc.constantFrom(...OBJECTS), episode: fc.nat(2) }), weight: 2 },
  { arbitrary: fc.record({ damage: fc.nat(5) }), weight: 1 },
  { arbitrary: fc.constant('break' as const), weight: 1 },
  { arbitrary: fc.constant('take' as const), weight: 5 },
  {
    arbitrary: fc.constantFrom('deliver' as const, 'retry' as const, 'set aside' as const),
    weight: 4,
  },
  { arbitrary: fc.constant('take back' as const), weight: 1 },
);

/** While the disk fails; there may be nothing to ask it for. */
function takeInVain(queue: OutboxQueue, outbox: FakeOutbox): void {
  const broken = new Error('disk I/O error');
  outbox.broken = broken;
  try {
    expect(queue.take()).toBeUndefined();
  } catch (err) {
    expect(err).toBe(broken);
  } finally {
    outbox.broken = undefined;
  }
}

test('finds a row whenever one is free, the oldest of its object, as who looks at all of them', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const outbox = new FakeOutbox();
      const queue = new OutboxQueue(outbox, () => undefined);
      const taken: OutboxRow[] = [];
      const aside: { readonly name: string; readonly takeBack: () => void }[] = [];
      const free = (): OutboxRow[] =>
        outbox.rows.filter(
          ({ id, objectKey, event }) =>
            !outbox.unreadable.has(id) &&
            !taken.some((row) => row.objectKey === objectKey) &&
            !aside.some(({ name }) => name === event.metadata.name),
        );
      const take = (): void => {
        const expected = free();
        const row = queue.take();
        if (row === undefined) {
          expect(expected).toEqual([]);
          return;
        }
        expect(row).toBe(expected.find(({ objectKey }) => objectKey === row.objectKey));
        taken.push(row);
      };
      for (const each of steps) {
        if (typeof each === 'object' && 'add' in each) {
          outbox.addCreate(makeEvent(each.add, each.episode), 0);
          queue.refresh();
        } else if (typeof each === 'object') {
          const id = free()[each.damage]?.id;
          if (id !== undefined) outbox.unreadable.add(id);
        } else if (each === 'take') {
          take();
        } else if (each === 'break') {
          takeInVain(queue, outbox);
        } else if (each === 'take back') {
          aside.shift()?.takeBack();
        } else {
          const row = taken.shift();
          if (row === undefined) continue;
          if (each === 'set aside') {
            aside.push({ name: row.event.metadata.name, takeBack: queue.setAside(row) });
            continue;
          }
          if (each === 'deliver') outbox.delete(row.id);
          queue.release(row);
        }
      }
      const takeAll = (): void => OBJECTS.forEach(take);
      takeAll();
      for (const { takeBack } of aside.splice(0)) takeBack();
      takeAll();
      for (const row of taken.splice(0)) queue.release(row);
      takeAll();
    }),
  );
});
