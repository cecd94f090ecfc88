import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runFake } from '../support/fake-edge.ts';
import { CONTAINER, groupLine, HEADER, killLine, oomKillLine } from '../support/oom-lines.ts';
import { tempDirectory } from '../support/temp-directory.ts';

/** Records of one microsecond each, as `/dev/kmsg` gives them. */
function records(from: number, lines: readonly string[]): string {
  return lines.map((line, at) => `6,${from + at},${(from + at) * 1000},-;${line}\n`).join('');
}

test('a group whose lines an earlier process did not live to read is one Event', async () => {
  const directory = tempDirectory();
  const kmsg = join(directory, 'kmsg');
  const flags = ['--kmsg', kmsg, '--state-dir', join(directory, 'state'), '--listen', 'none'];
  const run = () => runFake(['run', '--node-name', 'node-1', '-o', 'ndjson', ...flags]);
  const events = (stdout: string) =>
    stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

  writeFileSync(kmsg, records(1, [HEADER, oomKillLine(7), killLine(7)]));
  const [first] = events((await run()).stdout);
  appendFileSync(kmsg, records(4, [groupLine(CONTAINER), killLine(7), killLine(8)]));
  const [second, ...others] = events((await run()).stdout);

  expect(second.metadata.name).toBe(first.metadata.name);
  expect(second).toMatchObject({ count: 1, message: expect.stringContaining('1 other process') });
  expect(others).toEqual([]);
  expect((await run()).stdout).toBe('');
});
