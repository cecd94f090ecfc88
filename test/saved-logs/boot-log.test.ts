import { setImmediate as nextTurn } from 'node:timers/promises';
import { lastValueFrom, map, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { KmsgRecord } from '../../src/kmsg/record.ts';
import { type BootLog, bootsOf } from '../../src/saved-logs/boot-log.ts';
import type { RecordBatch } from '../../src/saved-logs/saved-log-reader.ts';
import { FakeGate } from '../support/fake-gate.ts';

function record(message: string): KmsgRecord {
  const time = { monotonicUs: 0, readAtMs: 0, live: false };
  return { kind: 'record', facility: 0, priority: 4, sequence: 0, flag: '-', message, ...time };
}

function batch(messages: string, endsBoot = false, isSinceBoot = false): RecordBatch {
  return { records: [...messages].map((message) => record(message)), endsBoot, isSinceBoot };
}

async function* batches(...all: readonly RecordBatch[]): AsyncGenerator<RecordBatch> {
  for (const one of all) yield await Promise.resolve(one);
}

const messages$ = ({ openLog }: BootLog, gate = new FakeGate()) =>
  openLog(gate).reads$.pipe(map((read) => (read.kind === 'record' ? read.message : read.kind)));

async function readAll(source: AsyncGenerator<RecordBatch>) {
  const boots: { messages: readonly string[]; isSinceBoot: boolean }[] = [];
  for await (const boot of bootsOf(source)) {
    const messages = await lastValueFrom(messages$(boot).pipe(toArray()));
    boots.push({ messages, isSinceBoot: boot.isSinceBoot });
  }
  return boots;
}

describe('a log is read boot by boot', () => {
  test('in batches, each boot to its end', async () => {
    const boots = await readAll(
      batches(batch('ab'), batch('c', true), batch('', false), batch('de', false, true)),
    );
    expect(boots).toEqual([
      { messages: ['a', 'b', 'c'], isSinceBoot: false },
      { messages: ['d', 'e'], isSinceBoot: true },
    ]);
  });

  test('to a failure, and no further', async () => {
    async function* failing(): AsyncGenerator<RecordBatch> {
      yield batch('a');
      throw await Promise.resolve(new Error('cut'));
    }
    const seen: string[] = [];
    for await (const boot of bootsOf(failing())) {
      const end = new Promise<void>((resolve) =>
        messages$(boot).subscribe({
          next: (message) => seen.push(message),
          error: (error: Error) => resolve(void seen.push(error.message)),
        }),
      );
      await end;
    }
    expect(seen).toEqual(['a', 'cut']);
  });

  test('and is closed by who has enough', async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<RecordBatch> {
      try {
        for (;;) yield await Promise.resolve(batch('a', true));
      } finally {
        isClosed = true;
      }
    }
    for await (const boot of bootsOf(endless())) {
      await lastValueFrom(messages$(boot));
      break;
    }
    expect(isClosed).toBe(true);
  });
});

test('the gate is asked before every record', async () => {
  const gate = new FakeGate();
  const seen: string[] = [];
  const { value: boot } = await bootsOf(batches(batch('abc'))).next();
  messages$(boot as BootLog, gate).subscribe((message) => {
    seen.push(message);
    if (message === 'a') gate.close();
  });
  await nextTurn();
  expect(seen).toEqual(['a']);
  gate.open();
  await nextTurn();
  expect(seen).toEqual(['a', 'b', 'c']);
});
