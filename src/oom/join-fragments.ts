import { concatMap, defer, type OperatorFunction } from 'rxjs';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { ByteString, Drained } from '../kmsg/record.ts';
import { readKernelLine } from './kernel-lines.ts';
import { isCompleteOomKillLine } from './oom-kill-line.ts';

/** A line that the kernel has begun and not finished, as one record that grows. */
export type OpenLine = CountedRecord | undefined;

/** One step: the line still open afterwards, and the records to pass on, in order. */
export interface Joined {
  readonly open: OpenLine;
  readonly out: readonly CountedRecord[];
}

/** A line that the kernel builds with `pr_cont()`, and what may come next in it. */
interface ContinuedLine {
  readonly begins: string;
  isComplete(text: ByteString): boolean;
  /** Whether `piece` can be the next thing the kernel appends to `text`. */
  continues(text: ByteString, piece: ByteString): boolean;
}

/** After a key that takes a path comes a path; else the middle part, whole. */
function pathThen(begins: string, middle: string): ContinuedLine['continues'] {
  return (text, piece) =>
    text === begins || text.endsWith(middle) ? piece.startsWith('/') : piece.startsWith(middle);
}

const RESULT_OF_LIMIT = ' killed as a result of limit of ';
const GROUP_SET = ' are going to be killed due to memory.oom.group set';
const NEXT_FIELD = /^,(?:cpuset|mems_allowed|oom_memcg|global_oom|task_memcg|task)\b/;

const CONTINUED_LINES: readonly ContinuedLine[] = [
  {
    // dump_oom_victim(), cpuset_print_current_mems_allowed(), mem_cgroup_print_oom_context()
    begins: 'oom-kill:constraint=',
    isComplete: isCompleteOomKillLine,
    continues: (text, piece) => {
      if (text.endsWith(',cpuset=')) return true;
      return text.endsWith('_memcg=') ? piece.startsWith('/') : NEXT_FIELD.test(piece);
    },
  },
  {
    // mem_cgroup_print_oom_info(), before 5.0
    begins: 'Task in ',
    isComplete: (text) => readKernelLine(text) !== undefined,
    continues: pathThen('Task in ', RESULT_OF_LIMIT),
  },
  {
    // mem_cgroup_print_oom_group()
    begins: 'Tasks in ',
    isComplete: (text) => readKernelLine(text) !== undefined,
    continues: pathThen('Tasks in ', GROUP_SET),
  },
];

/** The kinds of line that prove an open one will not be continued. */
const ENDS_AN_OPEN_LINE = new Set(['kill', 'header', 'reaped', 'already-exiting', 'no-killable']);

/**
 * Puts one record to the line that is open.
 *
 * By content, not by gluing: a fragment joins only a line that it can continue, so strangers
 * between the pieces, and fragments of strangers, pass by. What is never completed is passed on as
 * far as it came, before the record that proved it.
 */
export function joinNext(open: OpenLine, record: CountedRecord): Joined {
  if (open !== undefined && isNextPiece(open, record)) return grow(open, record);
  if (lineOf(record.message) !== undefined) {
    const begun = settle({ ...record, flag: '-' });
    return open === undefined ? begun : { open: begun.open, out: [open, ...begun.out] };
  }
  if (open === undefined || !endsAnOpenLine(record)) return { open, out: [record] };
  return { open: undefined, out: [open, record] };
}

/** With PRINTK_CALLER both say who printed them; two tasks never share a line. */
function isNextPiece(open: CountedRecord, record: CountedRecord): boolean {
  if (record.flag === '-' || record.caller !== open.caller) return false;
  return lineOf(open.message)?.continues(open.message, record.message) ?? false;
}

function grow(open: CountedRecord, piece: CountedRecord): Joined {
  const message = open.message + piece.message;
  return settle({ ...piece, flag: '-', message, lost: open.lost + piece.lost });
}

function settle(record: CountedRecord): Joined {
  const complete = lineOf(record.message)?.isComplete(record.message) ?? true;
  return complete ? { open: undefined, out: [record] } : { open: record, out: [] };
}

function lineOf(text: ByteString): ContinuedLine | undefined {
  return CONTINUED_LINES.find((line) => text.startsWith(line.begins));
}

function endsAnOpenLine(record: CountedRecord): boolean {
  const kind = readKernelLine(record.message)?.kind;
  return kind !== undefined && ENDS_AN_OPEN_LINE.has(kind);
}

/**
 * Joins the records into which the kernel splits a line when another CPU logs meanwhile, or when
 * it grows past about 1,000 bytes.
 *
 *     in   --oom-kill:…,oom_memcg= --usb… --/kubepods/…(c) --,task=…(c)--
 *     out  ------------------------ usb… ------------------ oom-kill:…---
 *
 * @see printk_store() and cont handling in kernel/printk/printk.c
 */
export function joinFragments(): OperatorFunction<
  CountedRecord | Drained,
  CountedRecord | Drained
> {
  return (items$) =>
    defer(() => {
      let open: OpenLine;
      return items$.pipe(
        concatMap((item) => {
          if (item.kind === 'drained') return [item];
          const step = joinNext(open, item);
          open = step.open;
          return step.out;
        }),
      );
    });
}
