import { globSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { Readable } from 'node:stream';
import { runFake } from '../support/fake-edge.ts';
import { change, changed } from './mutate-text.ts';
import { asyncTarget, type FuzzTarget } from './fuzz-target.ts';

const LOGS = globSync('test/testdata/saved-logs/*').map((file) => readFileSync(file, 'latin1'));
/** A few reports; a whole log would be read again and again for the change in one line. */
const MAX_LENGTH = 12_000;

const log = fc
  .record({
    log: fc.constantFrom(...LOGS),
    start: fc.nat(100_000),
    changes: fc.array(change, { maxLength: 8 }),
    wrapping: fc.constantFrom('none', 'none', 'CRI', 'docker', 'gzip', 'utf16le', 'cut gzip'),
  })
  .map((input) => {
    const start = input.start % input.log.length;
    const part = input.log.slice(start, start + MAX_LENGTH);
    const text = input.changes.reduce(changed, part);
    if (input.wrapping === 'utf16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
    const bytes = Buffer.from(wrapped(text, input.wrapping), 'latin1');
    if (!input.wrapping.endsWith('gzip')) return bytes;
    const packed = gzipSync(bytes);
    return input.wrapping === 'gzip' ? packed : packed.subarray(0, packed.length / 2);
  });

/** As a container's runtime keeps the lines of one that prints its node's log. */
function wrapped(text: string, by: string): string {
  const stamp = '2026-11-26T03:04:05.123456789Z';
  const lines = text.split('\n');
  if (by === 'CRI') return lines.map((line) => `${stamp} stdout F ${line}\n`).join('');
  if (by !== 'docker') return text;
  return lines
    .map((line) => `${JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: stamp })}\n`)
    .join('');
}

/** `replay` and `explain` end well, or with an error of ours. */
export const savedLog: FuzzTarget = asyncTarget('saved-log', log, async (bytes) => {
  for (const command of ['replay', 'explain']) {
    const stdin = Readable.from([bytes]);
    const { code, stderr } = await runFake([command, '-o', 'json', '-'], { stdin });
    if (code > 1 || stderr.includes('this is a bug')) throw new Error(`${command}: ${stderr}`);
  }
});
