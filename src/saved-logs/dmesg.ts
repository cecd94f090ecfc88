import type { ByteString } from '../kmsg/record.ts';
import { bytesOf, isObject, jsonForm, type JsonObject } from './json-objects.ts';
import type { LogForm, SavedRecord } from './log-form.ts';
import { type StampKind, STAMPS, type StampGroups } from './stamps.ts';
import { CALLER, MESSAGE, textForm, type TextReading } from './text-form.ts';

/** `facility_names` and `level_names`, dmesg.c; a facility it has no name for is none of the kernel's. */
const FACILITIES = 'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp'.split(' ');
const LEVELS = 'emerg alert crit err warn notice info debug'.split(' ');
const PRIORITIES = 8;
const USER = 1;

const PLAIN = '';
/** `dmesg -r`, as syslog(2) has it. */
const RAW = String.raw`<(?<prefix>\d{1,4})>`;
const DECODED = String.raw`(?<facility>[a-z]+\d?) *:(?<level>[a-z]+) *: `;

/** The options of dmesg that choose a stamp. */
const OPTIONS: Readonly<Partial<Record<StampKind, string>>> = {
  boot: '',
  ctime: ' -T',
  commaIso: ' --time-format iso',
  reltime: ' -e',
  delta: ' --time-format delta',
};

/** What dmesg of util-linux prints, and busybox's: everything but `--json`. */
export const dmesgForms: readonly LogForm[] = (Object.keys(OPTIONS) as StampKind[]).flatMap(
  (stamp) => {
    const rest = STAMPS[stamp] + CALLER + MESSAGE;
    const form = (option: string, lead: string): LogForm =>
      textForm(`dmesg${option}${OPTIONS[stamp]}`, lead + rest, readLead);
    return [form(' -r', RAW), form(' -x', DECODED), form('', PLAIN)];
  },
);

function readLead({ prefix, facility, level }: StampGroups): TextReading {
  if (prefix !== undefined) return { ...readPrefix(Number(prefix)), decode: unescape };
  if (facility === undefined) return { decode: unescape };
  const number = FACILITIES.indexOf(facility);
  const priority = LEVELS.indexOf(level ?? '');
  return {
    facility: number === -1 ? USER : number,
    priority: priority === -1 ? undefined : priority,
    decode: unescape,
  };
}

/** `LOG_MAKEPRI()`: the low three bits are the priority. */
function readPrefix(prefix: number): Pick<SavedRecord, 'facility' | 'priority'> {
  return { facility: Math.floor(prefix / PRIORITIES), priority: prefix % PRIORITIES };
}

/** What `dmesg --json` prints: every record an object of `pri`, `time` in seconds since boot, and `msg`. */
export const dmesgJson = jsonForm('dmesg --json', (object) => {
  // Compact (`jq -c`) the whole log is one object.
  const entries: readonly unknown[] = Array.isArray(object['dmesg']) ? object['dmesg'] : [object];
  return entries.filter(isObject).flatMap((entry) => readEntry(entry) ?? []);
});

function readEntry({ pri, time, msg, caller }: JsonObject): SavedRecord | undefined {
  if (typeof msg !== 'string' || typeof time !== 'number') return undefined;
  return {
    ...(typeof pri === 'number' && readPrefix(pri)),
    monotonicUs: Math.round(time * 1e6),
    caller: typeof caller === 'string' ? caller : undefined,
    message: bytesOf(msg),
  };
}

const ESCAPE = /\\x(?:[01][0-9a-f]|7f|[89a-f][0-9a-f])/g;

/**
 * `safe_fwrite()`, dmesg.c: undoes the kernel's escapes, then escapes what cannot be printed in its
 * locale. It leaves a backslash alone, so that a name that looks like an escape is taken for one; of
 * bytes it would not escape, `\x41`, it is the name.
 */
export function unescape(message: ByteString): ByteString {
  if (!message.includes('\\x')) return message;
  return message.replace(ESCAPE, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(2), 16)),
  );
}
