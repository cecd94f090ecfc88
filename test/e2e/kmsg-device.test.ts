import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openKmsg } from '../../src/kmsg/device.ts';
import { openToSeek } from '../../src/kmsg/kernel-log.ts';
import { lastSequence } from '../../src/kmsg/last-sequence.ts';
import { parseRecords } from '../../src/kmsg/parse-records.ts';
import type { LogItem } from '../../src/kmsg/record.ts';
import { FakeGate } from '../support/fake-gate.ts';
import { SYSTEM_CLOCK } from '../support/system-clock.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.warn('SKIPPED unless CI=true: the kernel log needs root; run as root to test it');

/** The kernel wakes readers at its next tick; a second is a machine in trouble. */
const PROMPTLY_MS = 1000;

/** A writer per record: `devkmsg_write()` allows each open file ten records in five seconds. */
function print(message: string): void {
  writeFileSync('/dev/kmsg', `${message}\n`);
}

/** Subscribes to the device and waits for the end of the backlog. */
async function openDevice() {
  const gate = new FakeGate();
  const device = openKmsg({
    path: '/dev/kmsg',
    gate,
    clock: SYSTEM_CLOCK,
    onExit: () => () => undefined,
  });
  const items: LogItem[] = [];
  const items$ = device.reads$.pipe(parseRecords((raw) => expect.fail(raw.bytes.toString())));
  const drained = Promise.withResolvers<void>();
  const subscription = items$.subscribe((item) => {
    items.push(item);
    if (item.kind === 'drained') drained.resolve();
  });
  onTestFinished(() => subscription.unsubscribe());
  await drained.promise;
  const find = (message: string) =>
    items.find((item) => item.kind === 'record' && item.message === message);
  return { gate, device, items, items$, find };
}

async function leave(how: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, ['test/support/kmsg-child.ts', how, ...args]);
  let said = '';
  let leftAtMs = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (text.includes('leaving')) leftAtMs = performance.now();
  });
  const [code, signal] = await new Promise<unknown[]>((resolve) => {
    child.on('close', (...ended) => resolve(ended));
  });
  return { code, signal, said, tookMs: performance.now() - leftAtMs };
}

describe.skipIf(!isRoot && process.env['CI'] !== 'true')('the real /dev/kmsg', () => {
  test('gives its backlog, then drained', async () => {
    const message = `oom-recorder test ${randomUUID()}`;
    print(message);
    const { items, find } = await openDevice();
    expect(items.at(-1)).toMatchObject({ kind: 'drained' });
    expect(find(message)).toMatchObject({ facility: 1, flag: '-', live: false });
  });

  test('gives a record within a second of its write, live, as facility 1', async () => {
    const message = `oom-recorder test ${randomUUID()} \\ ü\u0001`;
    const { items$ } = await openDevice();
    const writtenAtMs = Date.now();
    setTimeout(() => print(`<3>${message}`), 50);
    const record = await firstValueFrom(
      items$.pipe(
        filter((item) => item.kind === 'record'),
        filter((item) => item.message === Buffer.from(message).toString('latin1')),
        timeout(PROMPTLY_MS),
      ),
    );
    expect(record).toMatchObject({ facility: 1, priority: 3, live: true });
    expect(record.readAtMs - writtenAtMs).toBeLessThan(PROMPTLY_MS);
  });

  test('drains now, before poll says a word', async () => {
    const message = `oom-recorder test ${randomUUID()}`;
    const { device, items, find } = await openDevice();
    print(message);
    expect(find(message)).toBeUndefined();
    device.drainNow();
    expect(find(message)).toMatchObject({ live: true });
    expect(items.at(-1)).toMatchObject({ kind: 'drained' });
  });

  test('comes back from its wait when it is nudged', async () => {
    const { device, items } = await openDevice();
    const drains = () => items.filter(({ kind }) => kind === 'drained').length;
    const before = drains();
    device.nudge();
    await vi.waitFor(() => expect(drains()).toBeGreaterThan(before), PROMPTLY_MS);
  });

  test('reads nothing while the gate is closed, and everything when it opens', async () => {
    const { gate, device, find } = await openDevice();
    const message = `oom-recorder test ${randomUUID()}`;
    gate.close();
    print(message);
    device.drainNow();
    expect(find(message)).toBeUndefined();
    gate.open();
    expect(find(message)).toMatchObject({ live: false });
  });

  test('numbers every record', async () => {
    const { items } = await openDevice();
    const sequences = items.flatMap((item) => (item.kind === 'record' ? [item.sequence] : []));
    const first = sequences[0] ?? 0;
    expect(sequences).toEqual(sequences.map((_, index) => first + index));
  });

  test('tells which record is its last: what was written before, and nothing of what comes', async () => {
    const [before, after] = [`before ${randomUUID()}`, `after ${randomUUID()}`];
    print(before);
    const last = lastSequence(() => openToSeek('/dev/kmsg'));
    print(after);
    const { items } = await openDevice();
    const sequenceOf = (message: string) =>
      items.flatMap((item) =>
        item.kind === 'record' && item.message === message ? [item.sequence] : [],
      );
    expect(sequenceOf(before)[0]).toBeLessThanOrEqual(last);
    expect(sequenceOf(after)[0]).toBeGreaterThan(last);
  });

  test.each([
    ['unsubscribe', 0],
    ['exit', 7],
    ['throw', 1],
  ])('a process that leaves by %s while poll waits ends promptly', async (how, code) => {
    const end = await leave(how);
    expect(end).toMatchObject({ code, signal: null, said: 'leaving\n' });
    expect(end.tookMs).toBeLessThan(PROMPTLY_MS);
  });

  test('refused by the kernel, it says what is missing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kmsg-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    execFileSync('chmod', ['755', directory]);
    const path = join(directory, 'kmsg');
    execFileSync('mknod', ['-m', '600', path, 'c', '1', '11']);
    const { said } = await leave('refused', path);
    expect(said).toMatch(/^E_KMSG_PERMISSION .*EACCES.*CAP_SYSLOG.*privileged: true/);
  });
});
