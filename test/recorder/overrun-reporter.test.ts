import { describe, expect, test } from 'vitest';
import type { CountedRecord } from '../../src/kmsg/count-lost.ts';
import { EventRecorder } from '../../src/recorder/event-recorder.ts';
import { OverrunReporter } from '../../src/recorder/overrun-reporter.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { MemoryLog } from '../support/memory-log.ts';

const MINUTE_MS = 60_000;

function open(killsMissed: () => number | undefined = () => undefined) {
  const clock = new FakeClock();
  const [sink, log] = [new FakeSink(), new MemoryLog()];
  const store = new StateStore({
    directory: undefined,
    historyMax: 9,
    log: new MemoryLog(),
    nowMs: () => clock.wallMs(),
  });
  const tally = (): void => undefined;
  const events = new EventRecorder({ store, sink, host: 'n', clock, random: () => 0, log, tally });
  const origin = { node: { name: 'node-1' }, bootId: 'boot-1' };
  const { notes } = store;
  const overruns = new OverrunReporter({ events, notes, origin, log, killsMissed });
  const lose = async (lost: number, sequence: number): Promise<void> => {
    overruns.lost({ lost, sequence, atMs: clock.wallMs() } as CountedRecord);
    await clock.settle();
  };
  const messages = (): unknown[] => [...sink.events.values()].map(({ message }) => message);
  return { clock, sink, log, lose, messages };
}

describe('records that were lost', () => {
  test('are an Event of the Node, and a line in the log', async () => {
    const { sink, log, lose } = open(() => 3);
    await lose(120, 500);
    expect([...sink.events.values()]).toMatchObject([
      {
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
        metadata: { namespace: 'default' },
        type: 'Warning',
        reason: 'KernelLogOverrun',
        message: '120 kernel log records were lost; OOM kills among them: 3',
      },
    ]);
    expect(log.lines.slice(0, 1)).toMatchObject([
      { level: 'warn', facts: { lost: 120, before: 500 } },
    ]);
  });

  test('are an Event at most every ten minutes, which says what was lost meanwhile', async () => {
    const { clock, log, lose, messages } = open();
    const words = (lost: number): string =>
      `${lost} kernel log records were lost; OOM kills among them: unknown`;
    await lose(1, 10);
    await clock.advance(5 * MINUTE_MS);
    await lose(2, 20);
    await lose(3, 30);
    expect(messages()).toEqual([words(1)]);
    await clock.advance(5 * MINUTE_MS);
    await lose(4, 40);
    expect(messages()).toEqual([words(1), words(9)]);
    expect(log.said('warn')).toHaveLength(4);
  });
});
