import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bytesUntil, openReadable, readError, statLog } from '../../src/saved-logs/open-bytes.ts';
import { NotALogError } from '../../src/saved-logs/read-saved-log.ts';

test('a pipe that nobody ends is read, and ended by the signal', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fifo-'));
  const path = join(directory, 'log');
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', [
    '-c',
    `exec 9<>${path}; printf hello >&9; echo ready; exec sleep 60`,
  ]);
  onTestFinished(() => {
    writer.kill();
    rmSync(directory, { recursive: true });
  });
  await new Promise((resolve) => writer.stdout.once('data', resolve));
  const stopping = new AbortController();
  const chunks: string[] = [];
  for await (const chunk of bytesUntil(stopping.signal, openReadable(path, statLog(path)))) {
    chunks.push(chunk.toString());
    stopping.abort();
  }
  expect(chunks).toEqual(['hello']);
});

test('nothing is read after the signal', async () => {
  const path = 'LICENSE';
  const bytes = bytesUntil(AbortSignal.abort(), openReadable(path, statLog(path)));
  expect(await bytes.next()).toEqual({ done: true, value: undefined });
});

test.each([
  [{ code: 'Z_BUF_ERROR' }, /log: its gzip data ends too early/],
  [{ code: 'Z_DATA_ERROR' }, /log: its gzip data is damaged/],
  [{ code: 'EIO' }, /went wrong/],
])('a failure with %o says what it means', (fields, said) => {
  const error = readError('log', Object.assign(new Error('went wrong'), fields));
  expect(error).toMatchObject({ code: 'E_SAVED_LOG', message: expect.stringMatching(said) });
});

test.each([new NotALogError('log', 'nothing'), new TypeError('a bug')])(
  '%o stays what it is',
  (error) => {
    expect(readError('log', error)).toBe(error);
  },
);
