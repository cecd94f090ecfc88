import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKmsg } from '../../src/kmsg/device.ts';
import { FakeGate } from '../support/fake-gate.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kmsg-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function open(path: string) {
  return openKmsg({
    path,
    gate: new FakeGate(),
    clock: { wallMs: () => 5, monotonicMs: () => 7 },
    onExit: () => () => undefined,
  });
}

describe('opening a path as the kernel log', () => {
  test('a regular file is a saved log: its records, then the end', async () => {
    const path = join(directory, 'saved.kmsg');
    writeFileSync(path, '6,1,2,-;a\n K=v\n6,2,3,-;b');
    const saved = open(path);
    saved.drainNow();
    expect(await lastValueFrom(saved.reads$.pipe(toArray()))).toEqual([
      { kind: 'raw', bytes: Buffer.from('6,1,2,-;a\n K=v'), readAtMs: 5, live: false },
      { kind: 'raw', bytes: Buffer.from('6,2,3,-;b'), readAtMs: 5, live: false },
    ]);
  });

  test.each([
    ['nothing there', '/nonexistent/kmsg', 'E_KMSG_NOT_FOUND', /no such file.*--kmsg/],
    ['a path through a file', '/dev/null/kmsg', 'E_KMSG_NOT_FOUND', /no such file/],
    ['another device', '/dev/null', 'E_KMSG_NOT_KERNEL_LOG', /character device 1:3.*console/],
    ['a directory', tmpdir(), 'E_KMSG_NOT_KERNEL_LOG', /a directory/],
    ['a path too long', `/${'x'.repeat(5000)}`, 'E_KMSG_READ', /cannot be opened/],
  ])('%s is refused with what to do', async (_, path, code, message) => {
    await expect(lastValueFrom(open(path).reads$)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
