/**
 * Makes test/testdata/saved-logs from oom.kmsg there: the same records in every form that util-linux,
 * systemd and rsyslog write. Their programs do the writing; where they are is told by variables:
 * DMESG (2.40 or later: `--kmsg-file`), JOURNAL_REMOTE, JOURNALCTL, RSYSLOGD.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KmsgRecord, parseRecord } from '../src/kmsg/record.ts';

const OUT = new URL('../test/testdata/saved-logs/', import.meta.url);
const BOOT_US = Date.UTC(2026, 10, 22, 11) * 1000;
const BOOT_ID = '0123456789abcdef0123456789abcdef';
const HOST = 'node-1';
const LOCALES = { plain: 'C.UTF-8', ascii: 'C' };

const { DMESG = 'dmesg', JOURNALCTL = 'journalctl', RSYSLOGD = 'rsyslogd' } = process.env;
const { JOURNAL_REMOTE = '/lib/systemd/systemd-journal-remote' } = process.env;

const scratch = mkdtempSync(join(tmpdir(), 'saved-logs-'));
const lines = readFileSync(new URL('oom.kmsg', OUT), 'latin1').split('\n').slice(0, -1);
const records = lines
  .map((line) => parseRecord(Buffer.from(line, 'latin1'), { readAtMs: 0, live: false }))
  .filter((record) => record !== undefined);

try {
  writeDmesg();
  writeJournal();
  await writeSyslog('kern.log', 'RSYSLOG_TraditionalFileFormat');
  await writeSyslog('kern-rfc3339.log', 'RSYSLOG_FileFormat');
} finally {
  rmSync(scratch, { recursive: true });
}

function writeDmesg(): void {
  const kmsg = join(scratch, 'kmsg');
  writeFileSync(kmsg, lines.map((line) => `${line}\n\0`).join(''), 'latin1');
  const dmesg = (name: string, args: readonly string[], locale = LOCALES.plain): void =>
    save(`dmesg${name}`, DMESG, ['--kmsg-file', kmsg, ...args], { LC_ALL: locale, TZ: 'UTC' });
  dmesg('.txt', []);
  dmesg('-ascii.txt', [], LOCALES.ascii);
  dmesg('-T.txt', ['-T']);
  dmesg('-x.txt', ['-x']);
  dmesg('-xT.txt', ['-x', '-T']);
  dmesg('-r.txt', ['-r']);
  dmesg('-t.txt', ['-t']);
  dmesg('-d.txt', ['-d']);
  dmesg('-e.txt', ['-e']);
  dmesg('-color.txt', ['--color=always']);
  dmesg('.json', ['--json']);
  dmesg('-iso.txt', ['--time-format', 'iso']);
}

/** As `dev_kmsg_record()` of journald writes a record, in the Journal Export Format. */
function entry({ monotonicUs, priority, message }: KmsgRecord): Buffer {
  const text = Buffer.from(message, 'latin1');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const fields = {
    __REALTIME_TIMESTAMP: BOOT_US + monotonicUs + 1_000,
    __MONOTONIC_TIMESTAMP: monotonicUs + 1_000,
    _BOOT_ID: BOOT_ID,
    _SOURCE_MONOTONIC_TIMESTAMP: monotonicUs,
    _TRANSPORT: 'kernel',
    PRIORITY: priority,
    SYSLOG_FACILITY: 0,
    SYSLOG_IDENTIFIER: 'kernel',
    _HOSTNAME: HOST,
  };
  const head = Object.entries(fields).map(([key, value]) => `${key}=${value}\n`);
  return Buffer.concat([
    Buffer.from(head.join('')),
    Buffer.from('MESSAGE\n'),
    size,
    text,
    Buffer.from('\n\n'),
  ]);
}

function writeJournal(): void {
  const journal = join(scratch, 'kernel.journal');
  execFileSync(JOURNAL_REMOTE, ['--output', journal, '-'], {
    input: Buffer.concat(records.map(entry)),
  });
  const journalctl = (name: string, ...args: readonly string[]): void =>
    save(
      `journalctl-${name}`,
      JOURNALCTL,
      ['--file', journal, '--no-pager', '-q', '_TRANSPORT=kernel', ...args],
      {
        LC_ALL: LOCALES.plain,
        TZ: 'UTC',
      },
    );
  journalctl('short.txt', '-o', 'short');
  journalctl('short-a.txt', '-o', 'short', '-a');
  journalctl('short-precise.txt', '-o', 'short-precise', '-a');
  journalctl('short-iso.txt', '-o', 'short-iso', '-a');
  journalctl('short-iso-precise.txt', '-o', 'short-iso-precise', '-a');
  journalctl('short-full.txt', '-o', 'short-full', '-a');
  journalctl('short-monotonic.txt', '-o', 'short-monotonic', '-a');
  journalctl('short-unix.txt', '-o', 'short-unix', '-a');
  journalctl('cat.txt', '-o', 'cat', '-a');
  journalctl('json.txt', '-o', 'json');
  journalctl('export.bin', '-o', 'export');
}

/** `imklog` reads what `/proc/kmsg` prints: nothing is escaped, and every line has the prefix. */
async function writeSyslog(name: string, template: string): Promise<void> {
  const [kmsg, config, log] = ['kmsg.fifo', 'rsyslog.conf', name].map((file) =>
    join(scratch, file),
  );
  rmSync(kmsg ?? '', { force: true });
  execFileSync('mkfifo', [kmsg ?? '']);
  const text = `global(workDirectory="${scratch}" localHostname="${HOST}")
module(load="imklog" logPath="${kmsg}" permitNonKernelFacility="on")
action(type="omfile" file="${log}" template="${template}")
`;
  writeFileSync(config ?? '', text);
  const daemon = spawn(RSYSLOGD, ['-n', '-f', config ?? '', '-i', join(scratch, 'pid')], {
    stdio: 'inherit',
  });
  const printed = records.flatMap(({ facility, priority, monotonicUs, message }) => {
    const stamp = `${String(Math.floor(monotonicUs / 1e6)).padStart(5)}.${String(monotonicUs % 1e6).padStart(6, '0')}`;
    return message.split('\n').map((line) => `<${facility * 8 + priority}>[${stamp}] ${line}\n`);
  });
  writeFileSync(kmsg ?? '', printed.join(''), 'latin1');
  await sleep(2_000);
  daemon.kill('SIGTERM');
  await new Promise((ended) => daemon.once('exit', ended));
  save(name, 'grep', ['-a', ' kernel: ', log ?? ''], {});
}

function save(
  name: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): void {
  const { PATH } = process.env;
  writeFileSync(
    new URL(name, OUT),
    execFileSync(program, args, { env: { PATH, ...env }, maxBuffer: 1 << 26 }),
  );
}
