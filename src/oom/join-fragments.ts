import { Observable, type OperatorFunction } from 'rxjs';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { ByteString, Drained } from '../kmsg/record.ts';
import { type KernelLine, readKernelLine } from './kernel-lines.ts';
import { isCompleteOomKillLine } from './oom-kill-line.ts';

/** A record, and which line of the OOM path it holds. */
export type RecognizedRecord = CountedRecord & { readonly line?: KernelLine | undefined };

/** A line that the kernel has begun and not finished, as one record that grows. */
export type OpenLine = CountedRecord | undefined;

/** One step: the line still open afterwards, and the records to pass on, in order. */
export interface Joined {
  readonly open: OpenLine;
  readonly out: readonly CountedRecord[];
}

/** A line that the kernel builds with `pr_cont()`, and what may come next in it. */
interface ContinuedLine {
  readonly begins: RegExp;
  /** Whether `piece` can be the next thing the kernel appends to `text`. */
  continues(text: ByteString, piece: ByteString): boolean;
}

/** Where a path is due comes a path; else the middle part, whole. */
function pathThen(pathIsDue: RegExp, middle: string): ContinuedLine['continues'] {
  return (text, piece) => (pathIsDue.test(text) ? piece.startsWith('/') : piece.startsWith(middle));
}

const NEXT_FIELD = /^,(?:cpuset|mems_allowed|oom_memcg|global_oom|task_memcg|task)\b/;

const CONTINUED_LINES: readonly ContinuedLine[] = [
  {
    // dump_oom_victim(), cpuset_print_current_mems_allowed(), mem_cgroup_print_oom_context()
    begins: /^oom-kill:constraint=/,
    continues: (text, piece) => {
      // A cpuset's name may be anything and is not needed: what comes after it is.
      if (text.endsWith(',cpuset=')) return piece === '/' || piece.includes(',mems_allowed=');
      if (/,(?:oom|task)_memcg=$/.test(text) && piece.startsWith('/')) return true;
      return NEXT_FIELD.test(piece);
    },
  },
  {
    // mem_cgroup_print_oom_info(), before 5.0
    begins: /^Task in /,
    continues: pathThen(/^Task in $|limit of $/, ' killed as a result of limit of '),
  },
  {
    // mem_cgroup_print_oom_group()
    begins: /^Tasks in /,
    continues: pathThen(/^Tasks in $/, ' are going to be killed due to memory.oom.group set'),
  },
  {
    // dump_header(), 4.11 to 4.14: the nodemask is a piece of its own
    begins: /^[^]{0,15} invoked oom-killer: gfp_mask=0x[0-9a-f]+(?:\([^)]*\))?, nodemask=/,
    continues: (text, piece) =>
      text.endsWith('nodemask=')
        ? /^(?:\(null\)|\d[\d,-]*)/.test(piece)
        : piece.startsWith(',  order='),
  },
];

/** One of them, at a glance: most of what the kernel says is none. */
const MAY_BE_CONTINUED = /^(?:oom-kill:|Tasks? in )/;
const INVOKED = ' invoked oom-killer: ';

/** What was said before a gap must not name the cgroup of what comes after it. */
const HOLDS_A_PATH = /_memcg=|^Tasks? in \//;

/** The kinds of line that prove an open one will not be continued; the reaper is another task. */
const ENDS_AN_OPEN_LINE = new Set(['kill', 'header', 'already-exiting', 'no-killable']);

/**
 * Puts one record to the line that is open.
 *
 * By content, not by gluing: a fragment joins only a line that it can continue, so strangers
 * between the pieces, and fragments of strangers, pass by. What is never completed is passed on as
 * far as it came, before the record that proved it: its end, or a gap in which the rest may lie.
 */
export function joinNext(open: OpenLine, record: CountedRecord): Joined {
  if (open === undefined) return isBeginning(record) ? complete(record) : pass(record);
  if (record.lost > 0 && HOLDS_A_PATH.test(open.message)) return giveUp(open, record);
  if (isFragment(open, record)) {
    if (continuesLine(open, record)) return grow(open, record);
    return isSecondPath(open, record) ? blank(open, record) : { open, out: [record] };
  }
  const isOver = isBeginning(record) || endsAnOpenLine(record);
  return isOver ? giveUp(open, record) : { open, out: [record] };
}

function pass(record: CountedRecord): Joined {
  return { open: undefined, out: [record] };
}

function giveUp(open: CountedRecord, record: CountedRecord): Joined {
  const next = joinNext(undefined, record);
  return { open: next.open, out: [open, ...next.out] };
}

/**
 * A path that was not due: the one that was taken before may have been a stranger's (another CPU
 * prints `cgroup: fork rejected by pids controller in <path>` the same way). Nobody is blamed by it.
 */
function blank(open: CountedRecord, record: CountedRecord): Joined {
  return { open: undefined, out: [{ ...open, message: '' }, record] };
}

/** With PRINTK_CALLER both say who printed them; two tasks never share a line. */
function isFragment(open: CountedRecord, record: CountedRecord): boolean {
  return record.flag !== '-' && record.caller === open.caller && !isBeginning(record);
}

function continuesLine(open: CountedRecord, { message }: CountedRecord): boolean {
  return lineOf(open.message)?.continues(open.message, message) ?? false;
}

function isSecondPath(open: CountedRecord, { message }: CountedRecord): boolean {
  return HOLDS_A_PATH.test(open.message) && message.startsWith('/');
}

function isBeginning({ message }: CountedRecord): boolean {
  return lineOf(message) !== undefined;
}

function grow(open: CountedRecord, piece: CountedRecord): Joined {
  return complete({
    ...piece,
    message: open.message + piece.message,
    lost: open.lost + piece.lost,
  });
}

function complete(record: CountedRecord): Joined {
  const line = { ...record, flag: '-' };
  return isComplete(line.message) ? pass(line) : { open: line, out: [] };
}

function lineOf(text: ByteString): ContinuedLine | undefined {
  if (!MAY_BE_CONTINUED.test(text) && !text.includes(INVOKED)) return undefined;
  return CONTINUED_LINES.find(({ begins }) => begins.test(text));
}

/** Nothing of it is still to come. A process may be called `Task in /`: its header is complete. */
function isComplete(text: ByteString): boolean {
  const line = readKernelLine(text);
  return line?.kind === 'oom-kill' ? isCompleteOomKillLine(text) : line !== undefined;
}

function endsAnOpenLine(record: CountedRecord): boolean {
  const kind = readKernelLine(record.message)?.kind;
  return kind !== undefined && ENDS_AN_OPEN_LINE.has(kind);
}

/** A fragment that continues no open line says nothing; but a name may make a header look like one. */
function recognize(record: CountedRecord): RecognizedRecord {
  const line = readKernelLine(record.message);
  if (line === undefined) return record;
  return record.flag === '-' || line.kind === 'header' ? { ...record, line } : record;
}

/**
 * Joins the records into which the kernel splits a line when another CPU logs meanwhile, or when
 * it grows past about 1,000 bytes, and recognizes every line.
 *
 *     in   --oom-kill:…,oom_memcg= --usb… --/kubepods/…(c) --,task=…(c)--
 *     out  ------------------------ usb… ------------------ oom-kill:…---
 *
 * @see printk_store() and cont handling in kernel/printk/printk.c
 */
export function joinFragments(): OperatorFunction<
  CountedRecord | Drained,
  RecognizedRecord | Drained
> {
  return (items$) =>
    new Observable((subscriber) => {
      let open: OpenLine;
      const join = (record: CountedRecord): void => {
        const step = joinNext(open, record);
        open = step.open;
        for (const whole of step.out) subscriber.next(recognize(whole));
      };
      return items$.subscribe({
        next: (item) => (item.kind === 'drained' ? subscriber.next(item) : join(item)),
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}
