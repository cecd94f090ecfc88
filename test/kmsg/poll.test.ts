import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DescriptorPoll } from '../../src/kmsg/poll.ts';

const NEVER_OPEN = 1_000_000;

/** A pipe stands in for the log: it, too, can be polled, and hangs up. */
let directory: string;
let reader: number;
let writer: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'poll-'));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
});

afterEach(() => {
  closeSync(reader);
  rmSync(directory, { recursive: true });
});

/** Where exit hooks go instead of the process. */
function exitHooks() {
  const hooks = new Set<() => void>();
  const onExit = (hook: () => void) => {
    hooks.add(hook);
    return () => void hooks.delete(hook);
  };
  return { hooks, onExit };
}

async function closed(poll: DescriptorPoll): Promise<void> {
  await new Promise<void>((resolve) => {
    poll.close(resolve);
  });
}

async function returned(poll: DescriptorPoll): Promise<Error | undefined> {
  return new Promise((resolve) => {
    poll.wait(resolve);
  });
}

describe('waiting in poll(2)', () => {
  test('ends when there is something to read, again and again', async () => {
    const poll = new DescriptorPoll(reader, exitHooks().onExit);
    const first = returned(poll);
    writeSync(writer, 'x');
    expect(await first).toBeUndefined();
    expect(await returned(poll)).toBeUndefined();
    await closed(poll);
    closeSync(writer);
  });

  test('never calls back in the same turn', async () => {
    writeSync(writer, 'x');
    const poll = new DescriptorPoll(reader, exitHooks().onExit);
    const onReturn = vi.fn<() => void>();
    poll.wait(onReturn);
    expect(onReturn).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(onReturn).toHaveBeenCalledOnce());
    await closed(poll);
    closeSync(writer);
  });

  test('ends without a word when it is closed, and only then lets the descriptor go', async () => {
    const { hooks, onExit } = exitHooks();
    const poll = new DescriptorPoll(reader, onExit);
    const onReturn = vi.fn<() => void>();
    const onClosed = vi.fn<() => void>();
    poll.wait(onReturn);
    poll.close(onClosed);
    expect(onClosed).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(onClosed).toHaveBeenCalledOnce());
    expect(onReturn).not.toHaveBeenCalled();
    expect(hooks.size).toBe(0);
    closeSync(writer);
  });

  test('lets the descriptor go at once when it was not waiting', () => {
    const onClosed = vi.fn<() => void>();
    new DescriptorPoll(reader, exitHooks().onExit).close(onClosed);
    expect(onClosed).toHaveBeenCalledOnce();
    closeSync(writer);
  });

  test('ends once when it is nudged, and not before the next nudge again', async () => {
    const poll = new DescriptorPoll(reader, exitHooks().onExit);
    poll.nudge(); // it does not wait
    for (let round = 0; round < 3; round += 1) {
      const waiting = returned(poll);
      poll.nudge();
      poll.nudge();
      expect(await waiting).toBeUndefined();
    }
    const order: string[] = [];
    const waiting = returned(poll).then(() => order.push('returned'));
    for (let turn = 0; turn < 50; turn += 1) await stat(directory); // another thread's work
    order.push('written');
    writeSync(writer, 'x');
    await waiting;
    expect(order).toEqual(['written', 'returned']);
    await closed(poll);
    closeSync(writer);
  });

  test('ends without a word when the process exits', async () => {
    const { hooks, onExit } = exitHooks();
    const poll = new DescriptorPoll(reader, onExit);
    const onReturn = vi.fn<() => void>();
    poll.wait(onReturn);
    for (const hook of hooks) hook();
    await closed(poll);
    expect(onReturn).not.toHaveBeenCalled();
    closeSync(writer);
  });

  test('says so when the device hangs up', async () => {
    const poll = new DescriptorPoll(reader, exitHooks().onExit);
    closeSync(writer);
    expect(await returned(poll)).toEqual(new Error('the device hung up'));
    await closed(poll);
  });

  test('says so when the descriptor is not open', async () => {
    const poll = new DescriptorPoll(NEVER_OPEN, exitHooks().onExit);
    expect(await returned(poll)).toEqual(new Error('its descriptor is not open'));
    await closed(poll);
    closeSync(writer);
  });
});
