import { defaultIfEmpty, firstValueFrom, Observable, type Subscriber } from 'rxjs';
import type { KmsgDevice } from '../kmsg/drain-log.ts';
import type { ReadGate } from '../kmsg/read-gate.ts';
import type { DeviceRead } from '../kmsg/record.ts';
import type { RecordClock } from '../kmsg/tell-time.ts';
import type { RecordBatch } from './saved-log-reader.ts';

/** What a saved log has of one boot: nothing is joined across its end. */
export interface BootLog {
  /** Opens it, once; it must have completed before the next boot is asked for. */
  readonly openLog: (gate: ReadGate) => KmsgDevice;
  readonly recordClock: RecordClock;
  /** When it was is not known: its times of day count from 1970, as if that was the boot. */
  readonly isSinceBoot: boolean;
}

/** The boots of a log, one after the other: its batches, cut where one ends. */
export async function* bootsOf(batches: AsyncGenerator<RecordBatch>): AsyncGenerator<BootLog> {
  const log = new BatchedLog(batches);
  try {
    while (!log.isOver) yield log;
  } finally {
    await batches.return(undefined);
  }
}

class BatchedLog implements BootLog {
  isOver = false;
  isSinceBoot = false;
  /** The log says itself when its records were written; where it does not, `Timeline` did. */
  readonly recordClock: RecordClock = {
    date: ({ readAtMs, live }) => ({ atMs: readAtMs, live }),
  };
  readonly #batches: AsyncGenerator<RecordBatch>;

  constructor(batches: AsyncGenerator<RecordBatch>) {
    this.#batches = batches;
  }

  readonly openLog = (gate: ReadGate): KmsgDevice => ({
    reads$: new Observable((subscriber) => void this.#pump(gate, subscriber)),
    drainNow: () => undefined,
    nudge: () => undefined,
  });

  async #pump(gate: ReadGate, subscriber: Subscriber<DeviceRead>): Promise<void> {
    try {
      await this.#emitBoot(gate, subscriber);
      subscriber.complete();
    } catch (error) {
      this.isOver = true;
      subscriber.error(error);
    }
  }

  async #emitBoot(gate: ReadGate, subscriber: Subscriber<DeviceRead>): Promise<void> {
    for (;;) {
      const next = await this.#batches.next();
      this.isOver = next.done === true;
      if (next.done === true) return;
      const { records, endsBoot, isSinceBoot } = next.value;
      if (records.length > 0) this.isSinceBoot = isSinceBoot;
      for (const record of records) {
        while (!gate.isOpen && !subscriber.closed) await opened(gate);
        subscriber.next(record);
      }
      if (endsBoot || subscriber.closed) return;
    }
  }
}

async function opened(gate: ReadGate): Promise<void> {
  await firstValueFrom(gate.opened$.pipe(defaultIfEmpty(undefined)));
}
