import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runFake } from '../support/fake-edge.ts';
import { FORM_WRITERS } from '../support/write-forms.ts';
import { recordingNames, recordsOf } from '../support/recordings.ts';
import { type Episode, timeless } from '../support/replayed.ts';

const DATA = 'test/testdata/saved-logs';
const REPLAY = ['replay', '-o', 'ndjson', '--node-name', 'node-1'];

const bytesOf = (name: string): Buffer => readFileSync(join(DATA, name));
const stamped = (line: string): string => `2026-11-26T08:21:59.324475123Z ${line}`;

/** Every line of a log, changed. */
function eachLine(name: string, change: (line: string) => string): Buffer {
  const lines = bytesOf(name).toString('latin1').split('\n').slice(0, -1);
  return Buffer.from(lines.map((line) => `${change(line)}\n`).join(''), 'latin1');
}

/** What PowerShell's `>` writes. */
function utf16(name: string): Buffer {
  return Buffer.from(`\ufeff${bytesOf(name).toString('utf8').replaceAll('\n', '\r\n')}`, 'utf16le');
}

function dockerLine(line: string): string {
  const log = Buffer.from(`${line}\n`, 'latin1').toString('utf8');
  const json = JSON.stringify({ log, stream: 'stdout', time: '2026-11-26T08:21:59.3Z' });
  return Buffer.from(json, 'utf8').toString('latin1');
}

/** containerd's: a long line in two pieces. */
function criLines(line: string): string {
  const lead = '2026-11-26T08:21:59.324475123Z stdout';
  return line.length < 100
    ? `${lead} F ${line}`
    : `${lead} P ${line.slice(0, 90)}\n${lead} F ${line.slice(90)}`;
}

function withoutNames(episode: Episode): Episode {
  const { invoker: _, tasks: __, ...rest } = episode;
  return rest;
}

let raw: readonly Episode[];
beforeAll(async () => {
  raw = timeless(await runFake([...REPLAY, join(DATA, 'oom.kmsg')]));
});

test('the log that is written in all these forms has kills of every kind', () => {
  expect(raw.map(({ context }) => context)).toEqual([
    ...Array<string>(9).fill('full'),
    ...Array<string>(3).fill('suppressed'),
  ]);
});

describe('the episodes of one log are the same', () => {
  test.each([
    ['dmesg.txt', 'dmesg'],
    ['dmesg-ascii.txt', 'dmesg'],
    ['dmesg-color.txt', 'dmesg'],
    ['dmesg-d.txt', 'dmesg'],
    ['dmesg-e.txt', 'dmesg -e'],
    ['dmesg-T.txt', 'dmesg -T'],
    ['dmesg-x.txt', 'dmesg -x'],
    ['dmesg-xT.txt', 'dmesg -x -T'],
    ['dmesg-r.txt', 'dmesg -r'],
    ['dmesg-iso.txt', 'dmesg --time-format iso'],
    ['dmesg.json', 'dmesg --json'],
    ['journalctl-short-a.txt', 'syslog, or journalctl -o short'],
    ['journalctl-short-precise.txt', 'syslog, or journalctl -o short'],
    ['journalctl-short-iso.txt', 'syslog with RFC 3339 stamps, or journalctl -o short-iso'],
    ['journalctl-short-iso-precise.txt', 'syslog with RFC 3339 stamps, or journalctl -o short-iso'],
    ['journalctl-short-full.txt', 'journalctl -o short-full'],
    ['journalctl-short-monotonic.txt', 'journalctl -o short-monotonic'],
    ['journalctl-short-unix.txt', 'journalctl -o short-unix'],
    ['journalctl-json.txt', 'journalctl -o json'],
    ['journalctl-export.bin', 'journalctl -o export'],
  ])('in %s, which is %s', async (name, form) => {
    const run = await runFake([...REPLAY, join(DATA, name)]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain(`${name}: ${form} (`);
    expect(run.stderr).toContain('records=118 lost=0 malformed=0 ');
    expect(timeless(run)).toEqual(raw);
  });

  test.each<[string, () => Buffer]>([
    ['gzip', () => gzipSync(bytesOf('dmesg.txt'))],
    [
      'gzip of several parts',
      () =>
        Buffer.concat(
          [bytesOf('dmesg.txt').subarray(0, 999), bytesOf('dmesg.txt').subarray(999)].map((part) =>
            gzipSync(part),
          ),
        ),
    ],
    ['UTF-16', () => utf16('dmesg-T.txt')],
    ['UTF-16, the other way round', () => utf16('journalctl-json.txt').swap16()],
    ['UTF-16 in gzip', () => gzipSync(utf16('dmesg.json'))],
    ['UTF-8 with a byte order mark', () => Buffer.from(`\ufeff${bytesOf('dmesg.txt').toString()}`)],
    ['lines that end in CR LF', () => eachLine('dmesg-x.txt', (line) => `${line}\r`)],
    ['CRI log lines', () => eachLine('dmesg.txt', criLines)],
    ['CRI log lines around raw records', () => eachLine('oom.kmsg', criLines)],
    ['docker log lines', () => eachLine('journalctl-short-precise.txt', dockerLine)],
    ['lines of kubectl logs --timestamps', () => eachLine('dmesg.txt', stamped)],
    ['journalctl -o json-sse', () => eachLine('journalctl-json.txt', (line) => `data: ${line}\n`)],
    ['journalctl -o json-seq', () => eachLine('journalctl-json.txt', (line) => `\x1e${line}`)],
    [
      'journalctl -o json-pretty',
      () =>
        eachLine('journalctl-json.txt', (line) =>
          JSON.stringify(JSON.parse(line), undefined, '\t'),
        ),
    ],
    [
      'dmesg --json through jq -c',
      () =>
        Buffer.from(JSON.stringify(JSON.parse(bytesOf('dmesg.json').toString('latin1'))), 'latin1'),
    ],
    [
      'PRINTK_CALLER of dmesg',
      () =>
        eachLine('dmesg.txt', (line) =>
          line.replace(/^(\[ *[\d.]+\])/, '$1 [  T144]').replace(/^ {15}/, ' '.repeat(24)),
        ),
    ],
    [
      'remarks of journalctl',
      () =>
        Buffer.concat([
          Buffer.from(
            '-- Logs begin at Sun 2026-11-22 11:00:00 UTC, end at Sun 2026-11-22 12:00:00 UTC. --\n',
          ),
          bytesOf('journalctl-short-a.txt'),
        ]),
    ],
  ])('in %s, on standard input', async (_, log) => {
    const run = await runFake([...REPLAY, '-'], { stdin: Readable.from([log()]) });
    expect({ code: run.code, episodes: timeless(run) }).toEqual({ code: 0, episodes: raw });
    expect(run.stderr).toContain(' malformed=0 ');
  });

  test('in several files of several forms', async () => {
    const names = ['dmesg.txt', 'journalctl-json.txt', 'dmesg-T.txt'];
    const run = await runFake([...REPLAY, ...names.map((name) => join(DATA, name))]);
    expect(timeless(run)).toEqual([...raw, ...raw, ...raw]);
  });

  test.each(['dmesg-t.txt', 'journalctl-cat.txt', 'kern.log', 'kern-rfc3339.log'])(
    'in %s, but for names with a newline in lines that are not of the kill',
    async (name) => {
      const run = await runFake([...REPLAY, join(DATA, name)]);
      expect(timeless(run).map(withoutNames)).toEqual(raw.map(withoutNames));
    },
  );

  test('however the bytes are cut', async () => {
    const stdin = Readable.from(
      [...bytesOf('journalctl-export.bin')].map((byte) => Buffer.of(byte)),
    );
    expect(timeless(await runFake([...REPLAY, '-'], { stdin }))).toEqual(raw);
  });
});

test('what journalctl withheld is said: a kill may be among it', async () => {
  const run = await runFake([...REPLAY, join(DATA, 'journalctl-short.txt')]);
  expect(timeless(run)).toEqual(
    raw.filter(({ victim }) => (victim as { pid: number }).pid !== 150),
  );
  expect(run.stderr).toContain('journalctl withheld 6 messages');
});

describe.each(recordingNames)('recording %s says the same', (name) => {
  /** Without what a form cannot tell: who else wrote to the log, and what the ring had dropped. */
  const records = recordsOf(name)
    .filter(({ facility }) => facility === 0)
    .map((record, sequence) => ({ ...record, sequence }));

  test('in every form', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'saved-logs-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const episodes = async ([form, write]: [string, (typeof FORM_WRITERS)[string]]) => {
      const path = join(directory, 'log');
      writeFileSync(path, records.map((record) => write?.(record) ?? '').join(''), 'latin1');
      return [form, timeless(await runFake([...REPLAY, path]))] as const;
    };
    const [first, ...others] = Object.entries(FORM_WRITERS);
    const [, expected] = await episodes(first ?? ['', () => '']);
    expect(expected).not.toEqual([]);
    for (const writer of others) expect(await episodes(writer)).toEqual([writer[0], expected]);
  });
});
