import type { ByteString } from '../kmsg/record.ts';
import type { LogForm } from './log-form.ts';
import { type StampKind, STAMPS, type StampGroups } from './stamps.ts';
import { CALLER, MESSAGE, textForm, type TextReading } from './text-form.ts';

/** Who is no kernel: LOG_USER. */
const USER = 1;

/** journalctl may leave the host out (`--no-hostname`); then only the kernel's own lines are told from others. */
const WRITER = String.raw` (?:[^\s\[]\S* (?<writer>[^\s:\[\]]+)(?:\[\d+\])?|(?<alone>kernel)):`;
/** imklog of rsyslog keeps the kernel's own stamp; its CALLER is none of dmesg's. */
const OWN_STAMP = String.raw`(?: \[ *(?<bootSeconds>\d+)\.(?<bootMicros>\d{6})\]${CALLER})?`;

const NAMES: Readonly<Partial<Record<StampKind, string>>> = {
  syslog: 'syslog, or journalctl -o short',
  iso: 'syslog with RFC 3339 stamps, or journalctl -o short-iso',
  boot: 'journalctl -o short-monotonic',
  full: 'journalctl -o short-full',
  unix: 'journalctl -o short-unix',
};

/** `kern.log` and `/var/log/messages` of a syslog daemon, and what journalctl prints one line a record. */
export const syslogForms: readonly LogForm[] = (Object.keys(NAMES) as StampKind[]).map((stamp) =>
  textForm(NAMES[stamp] ?? '', STAMPS[stamp] + WRITER + OWN_STAMP + MESSAGE, readWriter),
);

function readWriter({ writer = 'kernel' }: StampGroups): TextReading {
  return { facility: writer === 'kernel' ? undefined : USER, decode: unescapeOctal };
}

const ESCAPE = /#(?:0[0-3][0-7]|177)/g;

/** rsyslog's `$EscapeControlCharactersOnReceive`: a control character is `#` and three octal digits. */
function unescapeOctal(message: ByteString): ByteString {
  if (!message.includes('#')) return message;
  return message.replace(ESCAPE, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 8)),
  );
}

/** What journalctl prints in place of a message with control characters, without `-a`. */
export const WITHHELD = /^\[\d+(?:\.\d)?[BKM] blob data\]$/;
