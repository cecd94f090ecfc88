import type { ByteString } from '../kmsg/record.ts';
import { type LineWrapping, Unwrapper, WRAPPINGS } from './container-lines.ts';
import { LOG_FORMS } from './forms.ts';
import { type LogForm, type SavedRecord, withoutCr } from './log-form.ts';

/** In which form a log is, and how much speaks for it. */
export interface Recognized {
  readonly form: LogForm;
  readonly wrapping: LineWrapping | undefined;
  /** Terminal colours stand in it, as `dmesg --color=always` writes them. */
  readonly isColored: boolean;
  /** How many lines of the sample are of that form. */
  readonly matched: number;
  readonly sampled: number;
  /** `journalctl -r`: a report that is read from its end is none. */
  readonly isNewestFirst: boolean;
}

/** `color_disable()` and its like, lib/colors.c: what dmesg escapes in a name looks otherwise. */
const COLORS = /\x1b\[[\d;]*m/g;

/**
 * Finds the form that most of these lines are in. Names play no part: a log called `dmesg.txt` is
 * mostly something else.
 *
 * @returns undefined where no form reads a record in them
 */
export function recognizeForm(lines: readonly ByteString[], nowMs: number): Recognized | undefined {
  const isColored = areMostly(lines, (line) => line.startsWith('\x1b['));
  const plain = isColored ? lines.map(withoutColors) : lines;
  const readings = [undefined, ...WRAPPINGS].flatMap((wrapping) => {
    const sample = unwrapAll(wrapping, plain);
    return LOG_FORMS.map((form) => ({
      form,
      wrapping,
      sample,
      matched: countMatches(form, sample, nowMs),
    }));
  });
  const { sample, ...best } = readings.reduce((a, b) => (b.matched > a.matched ? b : a));
  if (best.matched === 0) return undefined;
  const sampled = sample.filter((line) => !isBlank(line)).length;
  return { ...best, isColored, sampled, isNewestFirst: goesBack(best.form, sample, nowMs) };
}

function areMostly(lines: readonly ByteString[], test: (line: ByteString) => boolean): boolean {
  return lines.filter((line) => test(line)).length * 2 > lines.length;
}

/** Takes off what colours a line for a terminal. */
export function withoutColors(line: ByteString): ByteString {
  return line.includes('\x1b') ? line.replaceAll(COLORS, '') : line;
}

function unwrapAll(
  wrapping: LineWrapping | undefined,
  lines: readonly ByteString[],
): readonly ByteString[] {
  if (wrapping === undefined) return lines;
  if (!areMostly(lines, (line) => wrapping.unwrap(line) !== undefined)) return [];
  const unwrapper = new Unwrapper(wrapping);
  return [...lines.flatMap((line) => unwrapper.read(line) ?? []), ...unwrapper.flush()];
}

/** An indented line goes on with the record before it; lines without a single record are of no form. */
function countMatches(form: LogForm, lines: readonly ByteString[], nowMs: number): number {
  const reader = form.open(nowMs);
  let records = 0;
  const isMatch = (line: ByteString): boolean => {
    if (form.isShownBy !== undefined) return form.isShownBy(withoutCr(line));
    const isRead = reader.read(line, () => (records += 1));
    return isRead || (records > 0 && line.startsWith(' '));
  };
  const matched = lines.filter((line) => isMatch(line) && !isBlank(line)).length;
  return form.isShownBy === undefined && records === 0 ? 0 : matched;
}

/** Of an entry of the journal it is the end; of a log it says nothing. */
function isBlank(line: ByteString): boolean {
  return line.trim() === '';
}

/** Whether time goes back more often than on; where a boot ends it goes back once. */
function goesBack(form: LogForm, lines: readonly ByteString[], nowMs: number): boolean {
  const reader = form.open(nowMs);
  let last: number | undefined;
  let balance = 0;
  const weigh = ({ monotonicUs, wallMs }: SavedRecord): void => {
    const at = monotonicUs ?? wallMs;
    balance += Math.sign((at ?? 0) - (last ?? at ?? 0));
    last = at;
  };
  lines.forEach((line) => reader.read(line, weigh));
  return balance < -1;
}
