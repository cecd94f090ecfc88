import type { ByteString } from '../kmsg/record.ts';
import { decodeName } from './decode-name.ts';
import type { KernelLine, KillLine } from './kernel-lines.ts';
import { readOomKillLine } from './oom-kill-line.ts';

/** What the kernel has said of the next victim, before its kill line. */
export interface ReportContext {
  /** The `oom-kill:` line as printed. */
  readonly oomKill?: ByteString;
  /** Before 5.0: the cgroup in `Task in … killed`, and the pid it announced afterwards. */
  readonly taskMemcg?: ByteString;
  readonly announcedPid?: number;
}

/** The kernel has said nothing. */
export const NO_CONTEXT: ReportContext = {};

/** `(what it had said, next line) → what it has said`. The kernel prints one report at a time. */
export function followContext(
  before: ReportContext,
  line: KernelLine,
  message: ByteString,
): ReportContext {
  switch (line.kind) {
    case 'oom-kill':
      return { oomKill: message };
    case 'task-in':
      return { taskMemcg: line.taskMemcg };
    case 'kill-announced':
      return { ...before, announcedPid: line.pid };
    case 'header':
    case 'kill':
    case 'group-kill':
    case 'no-killable':
    case 'already-exiting':
      return NO_CONTEXT;
    case 'usage':
    case 'task-columns':
    case 'task-row':
    case 'reaped':
    case 'callbacks-suppressed':
      return before;
  }
}

/**
 * The victim's cgroup where the context names its very pid. A thread's or a parent's pid is left
 * to the assembler: here a doubt costs a look at the counters and nothing else.
 */
export function toldCgroup(
  { oomKill, taskMemcg, announcedPid }: ReportContext,
  { process, commBytes }: KillLine,
): string | undefined {
  if (oomKill !== undefined) {
    const said = readOomKillLine(oomKill, commBytes);
    const path = said?.pid === process.pid ? said.taskMemcg : undefined;
    return path === undefined ? undefined : decodeName(path);
  }
  const isNamed = taskMemcg !== undefined && announcedPid === process.pid;
  return isNamed ? decodeName(taskMemcg) : undefined;
}
