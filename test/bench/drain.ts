import { closeSync, constants, openSync, readSync } from 'node:fs';
import { filter, firstValueFrom, type OperatorFunction } from 'rxjs';
import { drainLog } from '../../src/kmsg/drain-log.ts';
import { type KmsgFile, READ_BUFFER_BYTES } from '../../src/kmsg/kmsg-file.ts';
import { parseRecords } from '../../src/kmsg/parse-records.ts';
import type { DeviceRead } from '../../src/kmsg/record.ts';
import { seekLog } from '../../src/kmsg/seek-log.ts';
import { mayBeKernelLine } from '../../src/oom/may-be-kernel-line.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';
import type { BenchReport } from './report.ts';

const PATH = '/dev/kmsg';
/** As many as a ring of 16 MiB holds. */
const RECORDS = 200_000;
/** Turn by turn, so that what else the machine does hits all of them. */
const ROUNDS = 4;

type Drain = (log: KmsgFile) => Promise<unknown>;

/** What a full ring takes to drain, beside read(2) alone: the ring that there is, again and again. */
export async function benchDrain(report: BenchReport): Promise<void> {
  const ways: Readonly<Record<string, Drain>> = {
    'read(2) alone': drainBare,
    drained: drainTo((reads$) => reads$),
    'and parsed': drainTo(parseRecords(() => undefined, mayBeKernelLine)),
  };
  const inRing = await drainBare(new RewoundLog(Infinity));
  const sums = Object.keys(ways).map(() => 0);
  for (const drain of Object.values(ways)) await drain(new RewoundLog(inRing));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, drain] of Object.values(ways).entries()) {
      const cpuBefore = process.cpuUsage();
      await drain(new RewoundLog(inRing));
      const { user, system } = process.cpuUsage(cpuBefore);
      sums[index] = (sums[index] ?? 0) + user + system;
    }
  const [bare = 0] = sums;
  const row = report.table(`a ring of ${inRing} records`, Object.keys(ways));
  row({ title: 'CPU', unit: 'µs a record' }, ...sums.map((us) => us / RECORDS / ROUNDS));
  row({ title: 'speed', against: 'read(2) alone' }, ...sums.map((us) => bare / us));
}

/** The kernel's log, whose records come again and again until there were enough. */
class RewoundLog implements KmsgFile {
  readonly path = PATH;
  readonly #fd = openSync(PATH, constants.O_RDONLY | constants.O_NONBLOCK);
  readonly #inRing: number;
  #reads = 0;

  constructor(inRing: number) {
    this.#inRing = inRing;
  }

  read(buffer: Buffer): number {
    if (this.#reads === RECORDS) throw Object.assign(new Error('enough'), { code: 'EAGAIN' });
    if (this.#reads > 0 && this.#reads % this.#inRing === 0) seekLog(this.#fd, 'oldest');
    this.#reads += 1;
    return readSync(this.#fd, buffer);
  }

  wait(): void {}

  nudge(): void {}

  close(): void {
    closeSync(this.#fd);
  }
}

/** Returns how many there were. */
async function drainBare(log: KmsgFile): Promise<number> {
  const buffer = Buffer.alloc(READ_BUFFER_BYTES);
  let records = 0;
  try {
    for (; ; records += 1) log.read(buffer);
  } catch {
    log.close();
    return records;
  }
}

function drainTo<T extends { readonly kind: string }>(
  operator: OperatorFunction<DeviceRead, T>,
): Drain {
  return async (log) => {
    const { reads$ } = drainLog({ open: () => log, gate: new FakeGate(), clock: SYSTEM_CLOCK });
    await firstValueFrom(
      reads$.pipe(
        operator,
        filter(({ kind }) => kind === 'drained'),
      ),
    );
  };
}
