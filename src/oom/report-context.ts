import type { ByteString } from '../kmsg/record.ts';
import { decodePath } from './decode-name.ts';
import {
  groupWaitMs,
  keepPace,
  MAX_WAIT_MS,
  measurePace,
  type Pace,
  UNKNOWN_PACE,
} from './group-wait.ts';
import type { KernelLine } from './kernel-lines.ts';
import type { KillLine } from './kill-line.ts';
import { readOomKillLine } from './oom-kill-line.ts';

/** What the kernel has said of the next victim, before its kill line. */
export interface ReportContext {
  /** The `oom-kill:` line as printed. */
  readonly oomKill?: ByteString | undefined;
  /** Before 5.0: the cgroup in `Task in … killed`, and the pid it announced afterwards. */
  readonly taskMemcg?: ByteString | undefined;
  readonly announcedPid?: number | undefined;
  /** The cgroup of `Tasks in … are going to be killed`: the kill lines that follow are of it. */
  readonly group?: string | undefined;
  /** Its first victim, of whom the group has one more line to come. */
  readonly repeats?: number | undefined;
  readonly pace: Pace;
  /** The line before, and when it was printed, µs. */
  readonly last?:
    | { readonly kind: KernelLine['kind']; readonly us: number; readonly pid: number | undefined }
    | undefined;
}

/** What the context says of one kill. */
export interface ToldCgroups {
  /** The victim's cgroup. */
  readonly cgroup?: string | undefined;
  /** The cgroup whose limit was hit. */
  readonly oomMemcg?: string | undefined;
}

/** The kernel has said nothing. */
export const NO_CONTEXT: ReportContext = { pace: UNKNOWN_PACE };

/** Lines that say nothing of the victim: another task's, and those between the header and the table. */
const PASSED_OVER: ReadonlySet<KernelLine['kind']> = new Set([
  'reaped',
  'callbacks-suppressed',
  'memory-statistics',
]);
/** From the table on the kernel prints nothing that is not read here: the next line follows at once. */
const FOLLOWED_AT_ONCE: ReadonlySet<KernelLine['kind'] | undefined> = new Set([
  'task-columns',
  'task-row',
  'oom-kill',
  'task-in',
  'kill-announced',
] as const);

/** `(what it had said, next line) → what it has said`. The kernel prints one report at a time. */
export function followContext(
  before: ReportContext,
  line: KernelLine,
  nowUs: number,
): ReportContext {
  if (PASSED_OVER.has(line.kind)) return before;
  const known = contextAt(before, nowUs);
  const last = { kind: line.kind, us: nowUs, pid: pidOf(line) };
  return { ...whatIsSaid(known, line), pace: paceAt(known, line, nowUs), last };
}

/** One that was already exiting has no memory, and its group most likely says nothing of it. */
function killedPid(last: ReportContext['last']): number | undefined {
  return last?.kind === 'kill' ? last.pid : undefined;
}

/** Whom a line is about that says what became of a process. */
function pidOf(line: KernelLine): number | undefined {
  if (line.kind === 'kill') return line.process.pid;
  return line.kind === 'already-exiting' ? line.pid : undefined;
}

/** What is left of it at a later moment: a group whose lines are overdue is over. */
export function contextAt(known: ReportContext, nowUs: number): ReportContext {
  const { group, pace, last } = known;
  const isOver = last !== undefined && nowUs - last.us >= nextWithinMs(known) * 1000;
  return group !== undefined && isOver ? { pace, last } : known;
}

/**
 * How long after a kill line, or a member's, the group's next one may come. The kernel goes through
 * all of a group, its first victim once more: before that one's second line it is not through.
 */
export function nextWithinMs({ pace, repeats }: ReportContext): number {
  return repeats === undefined ? groupWaitMs(pace) : MAX_WAIT_MS;
}

function whatIsSaid(before: ReportContext, line: KernelLine): Omit<ReportContext, 'pace' | 'last'> {
  switch (line.kind) {
    case 'oom-kill':
      return { oomKill: line.text };
    case 'task-in':
      return { taskMemcg: line.taskMemcg };
    case 'kill-announced':
      return { ...(before.group === undefined && before), announcedPid: line.pid };
    case 'group-kill':
      return { group: line.memcg, repeats: killedPid(before.last) };
    case 'kill':
    case 'already-exiting': {
      const { group, repeats } = before;
      if (group === undefined) return {};
      return { group, repeats: repeats === pidOf(line) ? undefined : repeats };
    }
    case 'header':
    case 'no-killable':
      return {};
    case 'usage':
    case 'memory-statistics':
    case 'task-columns':
    case 'task-row':
    case 'reaped':
    case 'callbacks-suppressed':
      return before;
  }
}

function paceAt({ pace, last, group }: ReportContext, { kind }: KernelLine, nowUs: number): Pace {
  if (kind === 'header') return keepPace(pace);
  const isOfGroup = group !== undefined || (last?.kind === 'kill' && kind === 'group-kill');
  const isNext = last !== undefined && (isOfGroup || FOLLOWED_AT_ONCE.has(last.kind));
  return isNext ? measurePace(pace, nowUs - last.us) : pace;
}

/**
 * The victim's cgroup where the context names its very pid, or its group. A thread's or a parent's
 * pid is left to the assembler: here not to know costs a look at the counters and nothing else.
 */
export function toldCgroups(
  { oomKill, taskMemcg, announcedPid, group }: ReportContext,
  { process, commBytes }: KillLine,
): ToldCgroups {
  if (group !== undefined) return { cgroup: group };
  if (oomKill !== undefined) {
    const said = readOomKillLine(oomKill, commBytes);
    if (said?.pid !== process.pid) return {};
    return { cgroup: decodePath(said.taskMemcg), oomMemcg: decodePath(said.oomMemcg) };
  }
  return announcedPid === process.pid ? { cgroup: decodePath(taskMemcg) } : {};
}
