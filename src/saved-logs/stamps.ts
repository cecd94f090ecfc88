import type { SavedRecord } from './log-form.ts';
import { monthOf } from './month-names.ts';

/** What a stamp tells of the time of its record. */
type StampTime = Pick<SavedRecord, 'monotonicUs' | 'wallMs' | 'sinceLastUs'>;

const CLOCK = String.raw`(?<clock>\d\d:\d\d:\d\d)`;
const FRACTION = String.raw`(?:\.(?<fraction>\d{1,9}))?`;
const DATE = String.raw`(?<date>\d{4}-\d\d-\d\d)`;
const BESIDE_DELTA = String.raw`(?: +<[ \d.]+>)?`;

/** The stamps that util-linux, systemd and rsyslog print, each with the groups that `timeOf` reads. */
export const STAMPS = {
  /** `print_time()`, kernel/printk/printk.c; with `dmesg -d` the time since the last one beside it. */
  boot: String.raw`\[ *(?<seconds>\d+)\.(?<micros>\d{6})${BESIDE_DELTA}\]`,
  /** `record_ctime()`, dmesg.c: `%a %b %e %H:%M:%S %Y`, in whatever language. */
  ctime: String.raw`\[(?<weekday>[^\s\[\]]+) +(?<month>[^\s\d]+|\d+[^\s\d]+) +(?<day>\d{1,2}) ${CLOCK} (?<year>\d{4})${BESIDE_DELTA}\]`,
  /** `strtimeval_iso()` of util-linux, with a comma. */
  commaIso: String.raw`${DATE}T${CLOCK},(?<fraction>\d{6})(?<zone>[+-]\d\d:?\d\d)`,
  /** RFC 3339, and `journalctl -o short-iso`. */
  iso: String.raw`${DATE}T${CLOCK}${FRACTION}(?<zone>Z|[+-]\d\d:?\d\d)`,
  /** `short_ctime()`, dmesg.c, where a minute begins; else the time since the last record. */
  reltime: String.raw`\[(?: +\+(?<delta>\d+\.\d{6})|(?<minute>[^\s\d\[\]]+ ?\d{1,2} \d\d:\d\d))\]`,
  delta: String.raw`\[< *(?<delta>\d+\.\d{6})>\]`,
  /** RFC 3164, and `journalctl -o short` and `short-precise`: no year, no zone. */
  syslog: String.raw`(?<month>[^\s\d\[<]+|\d+[^\s\d]+) +(?<day>\d{1,2}) ${CLOCK}${FRACTION}`,
  /** `journalctl -o short-full`. */
  full: String.raw`\S+ ${DATE} ${CLOCK}${FRACTION} (?<zone>[A-Z]{3,5}|[+-]\d\d(?:\d\d)?)`,
  /** `journalctl -o short-unix`. */
  unix: String.raw`(?<unix>\d{9,11}\.\d{6})`,
} as const;

export type StampKind = keyof typeof STAMPS;

/** What a pattern with a stamp in it has found. */
export type StampGroups = Readonly<Record<string, string | undefined>>;

/** Reads the time out of the groups of a stamp. */
export function timeOf(groups: StampGroups, nowMs: number): StampTime {
  const { seconds, micros, delta, unix, clock } = groups;
  if (seconds !== undefined) return { monotonicUs: Number(seconds) * 1e6 + Number(micros) };
  if (delta !== undefined) return { sinceLastUs: Math.round(Number(delta) * 1e6) };
  if (unix !== undefined) return { wallMs: Number(unix) * 1000 };
  if (clock === undefined) return { sinceLastUs: 0 };
  const wholeMs = wholeSecondMs(groups, nowMs);
  return { wallMs: wholeMs && wholeMs + Number(`0.${groups['fraction'] ?? 0}`) * 1000 };
}

/** The last stamp read: in a log the next one is mostly of the same second. */
let last:
  | { readonly key: string; readonly nowMs: number; readonly ms: number | undefined }
  | undefined;

function wholeSecondMs(groups: StampGroups, nowMs: number): number | undefined {
  const { date, month, day, year, clock, zone } = groups;
  const key = `${date ?? `${month} ${day} ${year}`} ${clock} ${zone}`;
  if (last?.key !== key || last.nowMs !== nowMs) {
    const ms = date === undefined ? namedDateMs(groups, nowMs) : Date.parse(isoOf(groups));
    last = { key, nowMs, ms: Number.isNaN(ms) ? undefined : ms };
  }
  return last.ms;
}

/** A zone that is a name other than UTC's is taken for this machine's: names are not unique. */
function isoOf({ date, clock, zone = '' }: StampGroups): string {
  const offset = /^(?:UTC|GMT)$/.test(zone) ? 'Z' : zone.replace(/^[A-Z]{2,}$/, '');
  return `${date}T${clock}${offset}`.replace(
    /([+-]\d\d)(\d\d)?$/,
    (_, hours: string, minutes = '00') => `${hours}:${minutes}`,
  );
}

const SLACK_MS = 24 * 3600 * 1000;

/** Without zone it is this machine's; without year the last time that it was that date. */
function namedDateMs(
  { weekday, month = '', day, year, clock = '' }: StampGroups,
  nowMs: number,
): number {
  const at = { weekday, day: Number(day), year: year === undefined ? undefined : Number(year) };
  const monthIndex = monthOf(month, at);
  if (monthIndex === undefined) return Number.NaN;
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  const inYear = (y: number): number =>
    new Date(y, monthIndex, at.day, hours, minutes, seconds).getTime();
  if (at.year !== undefined) return inYear(at.year);
  const thisYear = new Date(nowMs).getFullYear();
  const ms = inYear(thisYear);
  return ms > nowMs + SLACK_MS ? inYear(thisYear - 1) : ms;
}
