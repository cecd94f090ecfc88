import { describe, expect, test } from 'vitest';
import type { MarkedVictim } from '../../src/oom/join-marks.ts';
import type { CountedRecord } from '../../src/kmsg/count-lost.ts';
import { eventName } from '../../src/recorder/make-event.ts';
import { eventOutput } from '../../src/outputs/event-output.ts';
import { EventRecorder } from '../../src/recorder/event-recorder.ts';
import { OverrunReporter } from '../../src/recorder/overrun-reporter.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { MemoryLog } from '../support/memory-log.ts';

const MINUTE_MS = 60_000;
/** When the kernel's counter has been compared. */
const COMPARED_MS = 10_000;

function open() {
  const kernel: { killsLost: number | undefined; victims: readonly MarkedVictim[] } = {
    killsLost: undefined,
    victims: [],
  };
  const clock = new FakeClock();
  const [sink, log] = [new FakeSink(), new MemoryLog()];
  const store = new StateStore({
    directory: undefined,
    historyMax: 9,
    log: new MemoryLog(),
    nowMs: () => clock.wallMs(),
  });
  const tally = (): void => undefined;
  const { notes } = store;
  const start = (bootId = 'boot-1'): OverrunReporter => {
    const origin = { node: { name: 'node-1' }, bootId };
    const poster = eventOutput(store.outbox, sink, { clock, random: () => 0, log, tally });
    const events = new EventRecorder({ store, poster, host: 'n', clock, log });
    return new OverrunReporter({
      events,
      store,
      origin,
      clock,
      log,
      killsLost: () => kernel.killsLost,
      victimsLost: () => {
        const { victims } = kernel;
        kernel.victims = [];
        return victims;
      },
    });
  };
  const overruns = start();
  const lose = (lost: number, sequence: number): void => {
    overruns.lost({ lost, sequence, atMs: clock.wallMs() } as CountedRecord);
  };
  const messages = (): unknown[] => [...sink.events.values()].map(({ message }) => message);
  return { kernel, clock, sink, log, notes, overruns, start, lose, messages };
}

function words(lost: number, kills: number | 'unknown'): string {
  return `${lost} kernel log records were lost; OOM kills among them: ${kills}`;
}

describe('records that were lost', () => {
  test('are a line in the log at once, and an Event of the Node when the counter was compared', async () => {
    const { kernel, clock, sink, log, lose } = open();
    lose(120, 500);
    const lines = [{ level: 'warn', facts: { lost: 120, before: 500 } }];
    expect(log.lines.slice(0, 1)).toMatchObject(lines);
    const atMs = clock.wallMs();
    await clock.advance(COMPARED_MS - 1);
    expect(sink.events.size).toBe(0);
    kernel.killsLost = 3;
    await clock.advance(1);
    expect([...sink.events.values()]).toMatchObject([
      {
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
        metadata: { namespace: 'default' },
        type: 'Warning',
        reason: 'KernelLogOverrun',
        message: words(120, 3),
        firstTimestamp: new Date(atMs),
      },
    ]);
  });

  test('are an Event at most every ten minutes, which says what was lost meanwhile', async () => {
    const { kernel, clock, log, lose, messages } = open();
    lose(1, 10);
    await clock.advance(COMPARED_MS);
    kernel.killsLost = 2;
    lose(2, 20);
    await clock.advance(5 * MINUTE_MS);
    lose(3, 30);
    await clock.advance(5 * MINUTE_MS - 1);
    expect(messages()).toEqual([words(1, 'unknown')]);
    await clock.advance(1);
    expect(messages()).toEqual([words(1, 'unknown'), words(5, 2)]);
    kernel.killsLost = 9;
    lose(4, 40);
    await clock.advance(10 * MINUTE_MS);
    expect(messages()).toEqual([words(1, 'unknown'), words(5, 2), words(4, 7)]);
    expect(log.said('warn')).toHaveLength(4);
    expect(clock.waiting).toBe(0);
  });

  test('took with them kills whom the tracepoint names, each in one Event', async () => {
    const { kernel, clock, lose, messages } = open();
    lose(1, 10);
    kernel.killsLost = 3;
    kernel.victims = [{ pid: 7, comm: 'java' }, { pid: 8, comm: '' }, { pid: 9 }];
    await clock.advance(COMPARED_MS);
    lose(2, 20);
    kernel.killsLost = 14;
    kernel.victims = Array.from({ length: 11 }, (_, at) => ({ pid: at, comm: 'a\n' }));
    await clock.advance(10 * MINUTE_MS);
    const named = Array.from({ length: 10 }, (_, at) => String.raw`a\x0a (pid ${at})`).join(', ');
    expect(messages()).toEqual([
      `${words(1, 3)}; marked as victims: java (pid 7), "" (pid 8), pid 9`,
      `${words(2, 11)}; marked as victims: ${named} and 1 other process`,
    ]);
  });

  test('are said when the agent ends before that', async () => {
    const { clock, overruns, lose, messages } = open();
    lose(1, 10);
    overruns.stop();
    await clock.settle();
    expect(messages()).toEqual([words(1, 'unknown')]);
    expect(clock.waiting).toBe(0);
  });

  test('are said by the next agent when this one said enough', async () => {
    const { kernel, clock, overruns, start, lose, messages } = open();
    lose(1, 10);
    await clock.advance(COMPARED_MS);
    lose(2, 20);
    lose(3, 30);
    overruns.stop();
    start();
    kernel.killsLost = 0;
    await clock.advance(10 * MINUTE_MS - 1);
    expect(messages()).toEqual([words(1, 'unknown')]);
    await clock.advance(1);
    expect(messages()).toEqual([words(1, 'unknown'), words(5, 'unknown')]);
  });

  test('are said in full by the next agent, however this one ended', async () => {
    const { clock, start, lose, messages } = open();
    for (let gap = 1; gap <= 5; gap += 1) {
      lose(1000, gap * 5000);
      await clock.advance(1000);
    }
    clock.forget();
    start();
    await clock.advance(COMPARED_MS);
    expect(messages()).toEqual([words(5000, 'unknown')]);
  });

  test('are said once, wherever the agent was killed', async () => {
    const { clock, notes, start, sink, lose } = open();
    lose(1, 10);
    notes.put = () => {
      throw new Error('killed');
    };
    await expect(clock.advance(COMPARED_MS)).rejects.toThrow('killed');
    clock.forget();
    Reflect.deleteProperty(notes, 'put');
    start();
    await clock.advance(COMPARED_MS);
    expect([...sink.events.values()]).toMatchObject([{ count: 1, message: words(1, 'unknown') }]);
  });

  test('of an earlier boot take no name from a record of this one', async () => {
    const { clock, sink, lose, start } = open();
    lose(1000, 5000);
    clock.forget();
    start('boot-2');
    await clock.advance(COMPARED_MS);
    const names = ['boot-1', 'boot-2'].map((bootId) =>
      eventName({ objectName: 'node-1', bootId, sequence: 4999, subject: 'Node/node-1' }),
    );
    expect([...sink.events.values()].map(({ metadata }) => metadata.name)).toEqual([names[0]]);
  });

  test('are said soon after a clock was set back', async () => {
    const { clock, start, lose, messages } = open();
    lose(1, 10);
    await clock.advance(COMPARED_MS);
    await clock.advance(-60 * MINUTE_MS);
    lose(2, 20);
    await clock.advance(COMPARED_MS);
    expect(messages()).toEqual([words(1, 'unknown'), words(2, 'unknown')]);
    start();
    expect(clock.waiting).toBe(0);
  });
});
