import { array, assert, boolean, constantFrom, nat, option, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KillLedger } from '../../src/oom/kill-ledger.ts';
import { FakeCounters } from '../support/fake-counters.ts';

const POD = '/kubepods/burstable/pod0c3ab7f2-8f4d-4a3f-9d0e-6a1b2c3d4e5f';
const A = `${POD}/${'a'.repeat(64)}`;
const B = `${POD}/${'b'.repeat(64)}`;

/** Kills come and are read in about the same number; cgroups go now and then. */
const WHAT = [
  ...Array.from({ length: 6 }, () => ['kill', 'read', 'look'] as const).flat(),
  ...(['drained', 'drained', 'remove'] as const),
];

function openLedger(counters: FakeCounters): KillLedger {
  const ledger = new KillLedger(counters);
  ledger.drained();
  return ledger;
}

describe('the ledger', () => {
  test('finds the cgroup of a kill that nobody told', () => {
    const counters = new FakeCounters();
    counters.make(A, B);
    const ledger = openLedger(counters);
    counters.kill(B);
    ledger.enter({ sequence: 7 });
    ledger.look();
    expect(ledger.prove()).toEqual(new Map([[7, { cgroup: B, source: 'counters' }]]));
    expect(ledger.isWaiting).toBe(false);
  });

  test('reads no counters for kills whose cgroup was told', () => {
    const counters = new FakeCounters();
    counters.make(A);
    const ledger = openLedger(counters);
    const { reads } = counters;
    counters.kill(A);
    ledger.enter({ sequence: 7, cgroup: A });
    ledger.look();
    expect(counters.reads).toBe(reads);
  });

  test('names the pod where its container is gone (v2)', () => {
    const counters = new FakeCounters(true);
    counters.make(POD, A, B);
    const ledger = openLedger(counters);
    counters.kill(A);
    counters.remove(A);
    ledger.enter({ sequence: 7 });
    ledger.look();
    expect(ledger.prove()).toEqual(
      new Map([[7, { cgroup: POD, source: 'pod-counter', unmoved: [B] }]]),
    );
  });

  test.each([true, false])('takes back what was assumed of a kill (told: %s)', (isTold) => {
    const counters = new FakeCounters();
    counters.make(A, B);
    const ledger = openLedger(counters);
    counters.kill(B);
    ledger.enter({ sequence: 7, ...(isTold && { cgroup: A }) });
    ledger.tell(7, B);
    expect(ledger.isWaiting).toBe(false);
    counters.kill(A);
    ledger.enter({ sequence: 8 });
    ledger.look();
    expect(ledger.prove().get(8)).toEqual({ cgroup: A, source: 'counters' });
  });

  test('waits for the line of a kill that was counted meanwhile', () => {
    const counters = new FakeCounters();
    counters.make(A, B);
    const ledger = openLedger(counters);
    counters.kill(A);
    counters.onRead = () => counters.kill(B);
    ledger.enter({ sequence: 7 });
    ledger.look();
    counters.onRead = () => undefined;
    expect(ledger.prove().size).toBe(0);
    expect(ledger.isOpen(7)).toBe(true);
    ledger.enter({ sequence: 8, cgroup: B });
    expect(ledger.prove().get(7)).toEqual({ cgroup: A, source: 'counters' });
  });

  test('proves nothing after records were lost, until the log was quiet twice', () => {
    const counters = new FakeCounters();
    counters.make(A);
    const ledger = openLedger(counters);
    ledger.invalidate();
    counters.kill(A);
    ledger.enter({ sequence: 7 });
    ledger.look();
    expect(ledger.isWaiting).toBe(false);
    ledger.drained();
    ledger.drained();
    counters.kill(A);
    ledger.enter({ sequence: 8 });
    ledger.look();
    expect(ledger.prove().get(8)?.cgroup).toBe(A);
  });

  test('goes on with the baselines of an earlier process', () => {
    const counters = new FakeCounters();
    counters.make(A, B);
    const before = openLedger(counters);
    counters.kill(A);
    before.enter({ sequence: 7, cgroup: A });
    const baselines = before.baselines();
    counters.kill(B);
    const after = new KillLedger(counters);
    if (baselines !== undefined)
      after.restore(JSON.parse(JSON.stringify(baselines)) as typeof baselines);
    after.enter({ sequence: 7, cgroup: A });
    after.enter({ sequence: 8 });
    after.look();
    expect(after.prove().get(8)).toEqual({ cgroup: B, source: 'counters' });
  });

  /**
   * A storm with partial evidence: kills in random cgroups, some told, some cgroups removed, lines
   * read late, looks and settlements at random moments. Whatever is proved must be true.
   */
  test.each([false, true])('never names a wrong cgroup (hierarchical: %s)', (isHierarchical) => {
    const pods = Array.from({ length: 3 }, (_, n) => POD.replace('0c3', `0c${n}`));
    const cgroups = pods.flatMap((pod) => ['a', 'b'].map((c) => `${pod}/${c.repeat(64)}`));
    const action = record({
      what: constantFrom(...WHAT),
      at: nat(cgroups.length - 1),
      isTold: boolean(),
      during: option(nat(cgroups.length - 1)),
    });
    let proved = 0;
    assert(
      property(array(action, { minLength: 30, maxLength: 80 }), (actions) => {
        const counters = new FakeCounters(isHierarchical);
        counters.make(...pods, ...cgroups);
        const ledger = openLedger(counters);
        const truth = new Map<number, string>();
        const unread: { sequence: number; cgroup: string; isTold: boolean }[] = [];
        const events = new Map<string, number>();
        let sequence = 0;
        const kill = (at: number, isTold: boolean): void => {
          const cgroup = cgroups[at] ?? '';
          sequence += 1;
          counters.kill(cgroup);
          truth.set(sequence, cgroup);
          unread.push({ sequence, cgroup, isTold });
        };
        const read = (): void => {
          const line = unread.shift();
          if (line === undefined) return;
          const { cgroup, isTold } = line;
          ledger.enter({ sequence: line.sequence, ...(isTold && { cgroup }) });
        };
        const prove = (): void => {
          const open = new Set([...truth.keys()].filter((killed) => ledger.isOpen(killed)));
          for (const [killed, { cgroup, isOneOfSeveral }] of ledger.prove()) {
            if (!open.has(killed)) continue;
            events.set(cgroup, (events.get(cgroup) ?? 0) + 1);
            if (isOneOfSeveral) continue;
            proved += 1;
            const real = truth.get(killed) ?? '';
            expect(real === cgroup || real.startsWith(`${cgroup}/`)).toBe(true);
          }
        };
        for (const { what, at, isTold, during } of actions) {
          if (what === 'kill') kill(at, isTold);
          else if (what === 'read') read();
          else if (what === 'remove') counters.remove(cgroups[at] ?? '');
          else {
            if (what === 'drained') while (unread.length > 0) read();
            counters.onRead = () => {
              counters.onRead = () => undefined;
              if (during !== null) kill(during, isTold);
            };
            ledger.look();
            counters.onRead = () => undefined;
          }
          if (ledger.isWaiting) prove();
          if (what === 'drained' && !ledger.isWaiting && unread.length === 0) ledger.drained();
        }
        // Nobody gets more Events than it had kills.
        for (const [cgroup, count] of events) {
          const had = [...truth.values()].filter((real) => real.startsWith(cgroup)).length;
          expect(count).toBeLessThanOrEqual(had);
        }
      }),
      { numRuns: 2000 },
    );
    expect(proved).toBeGreaterThan(1000);
  });
});
