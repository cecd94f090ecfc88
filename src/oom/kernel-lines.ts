import type { ByteString } from '../kmsg/record.ts';
import { decodeName } from './decode-name.ts';
import type { Invoker } from './episode.ts';
import { type AlreadyExiting, type KillAnnounced, type KillLine, readKill } from './kill-line.ts';
import { isUnder, splitPaths } from './cgroup-path.ts';
import { isMemoryStatistics } from './memory-statistics.ts';
import { readTaskColumns } from './task-table.ts';

/**
 * Every line of the kernel's OOM path, each pattern named for the function that prints it
 * (mm/oom_kill.c, mm/memcontrol.c, lib/ratelimit.c). They are told apart by shape, never by kernel
 * version: distributions print next year's lines on last decade's kernels.
 *
 * Both ends are anchored. Names are the attacker's: a process chooses 15 bytes, a cgroup any bytes
 * but `/` and newline, so only what a name cannot contain delimits one.
 */
export type KernelLine =
  | { readonly kind: 'header'; readonly invoker: Invoker }
  | { readonly kind: 'usage'; readonly usageKb: number; readonly limitKb: number }
  | { readonly kind: 'memory-statistics' }
  | { readonly kind: 'task-columns'; readonly columns: readonly string[] }
  | { readonly kind: 'task-row' }
  | { readonly kind: 'oom-kill'; readonly text: ByteString }
  | { readonly kind: 'task-in'; readonly taskMemcg: ByteString; readonly oomMemcg: ByteString }
  | KillAnnounced
  | KillLine
  | { readonly kind: 'group-kill'; readonly memcg: string }
  | { readonly kind: 'no-killable' }
  | AlreadyExiting
  | { readonly kind: 'reaped'; readonly pid: number; readonly comm: string }
  | { readonly kind: 'callbacks-suppressed'; readonly count: number };

/**
 * `dump_header()`. RHEL 6 prints `oom_adj=` as well; 4.x prints the nodemask, which has commas, and
 * 4.11 to 4.14 two spaces after it. Looked for first: any other line may be the name's beginning.
 */
const DUMP_HEADER =
  /^(?<comm>[^]{0,15}) invoked oom-killer: gfp_mask=(?<gfpMask>0x[0-9a-f]+(?:\([^)]*\))?), (?:nodemask=.*?, {1,2})?order=(?<order>-?\d+), (?:oom_adj=-?\d+, )?oom_score_adj=(?<oomScoreAdj>-?\d+)$/;

/** `mem_cgroup_print_oom_meminfo()`. The lines for swap, memory+swap and kmem are statistics. */
const MEM_CGROUP_PRINT_OOM_MEMINFO =
  /^memory: usage (?<usageKb>\d+)kB, limit (?<limitKb>\d+)kB, failcnt \d+$/;

/** `mem_cgroup_print_oom_info()`, before 5.0; the first path is the task's, the second the limit's. */
const TASK_IN = 'Task in ';
const KILLED_AS_A_RESULT = ' killed as a result of limit of ';

const TASKS_IN = 'Tasks in ';

/** `mem_cgroup_print_oom_group()`, outside the rate limit. */
const MEM_CGROUP_PRINT_OOM_GROUP =
  /^Tasks in (?<memcg>\/[^]*) are going to be killed due to memory\.oom\.group set$/;

/** `out_of_memory()`: a whole report, and nobody to kill. */
const NO_KILLABLE =
  /^(?:Kernel panic - not syncing: )?(?:Memory cgroup out|Out) of memory and no killable processes\.\.\.$/;

/** `oom_reap_task_mm()`. */
const OOM_REAPER =
  /^oom_reaper: reaped process (?<pid>\d+) \((?<comm>[^]*)\), now anon-rss:\d+kB, file-rss:\d+kB, shmem-rss:\d+kB$/;

/** `___ratelimit()`, on behalf of the function that was silenced. */
const RATELIMIT = /^(?:oom_kill_process|dump_header): (?<count>\d+) callbacks suppressed$/;

/** `dump_oom_victim()`. Read by `oom-kill-line.ts` when the kill line has told the victim's name. */
const DUMP_OOM_VICTIM = 'oom-kill:constraint=';

/** `dump_task()` prints the pid in brackets before its columns. */
const DUMP_TASK = /^\[ *\d+\] /;

/**
 * Recognises a line of the OOM path; `undefined` for anything else the kernel says. How one begins is
 * known to `may-be-kernel-line.ts` as well: what is not there never comes here.
 */
export function readKernelLine(message: ByteString): KernelLine | undefined {
  if (message.includes(' invoked oom-killer: ')) {
    const header = readHeader(message);
    if (header !== undefined) return header;
  }
  if (message.startsWith('[')) return readTaskTable(message);
  if (message.startsWith(DUMP_OOM_VICTIM)) return { kind: 'oom-kill', text: message };
  if (message.startsWith('memory: ')) return readUsage(message);
  if (message.startsWith(TASK_IN)) return readTaskIn(message);
  if (message.startsWith(TASKS_IN)) return readGroupKill(message);
  if (message.startsWith('oom_reaper: ')) return readReaped(message);
  if (isMemoryStatistics(message)) return { kind: 'memory-statistics' };
  if (message.endsWith('...') && NO_KILLABLE.test(message)) return { kind: 'no-killable' };
  if (message.endsWith(' callbacks suppressed')) return readSuppressed(message);
  return message.includes('Kill') || message.includes('killing') ? readKill(message) : undefined;
}

function readHeader(message: ByteString): KernelLine | undefined {
  const found = DUMP_HEADER.exec(message)?.groups;
  if (found === undefined) return undefined;
  const { comm = '', gfpMask = '', order, oomScoreAdj } = found;
  const invoker = {
    comm: decodeName(comm),
    gfpMask,
    order: Number(order),
    oomScoreAdj: Number(oomScoreAdj),
  };
  return { kind: 'header', invoker };
}

function readUsage(message: ByteString): KernelLine | undefined {
  const found = MEM_CGROUP_PRINT_OOM_MEMINFO.exec(message)?.groups;
  if (found === undefined) return undefined;
  return { kind: 'usage', usageKb: Number(found['usageKb']), limitKb: Number(found['limitKb']) };
}

function readTaskTable(message: ByteString): KernelLine | undefined {
  const columns = readTaskColumns(message);
  if (columns !== undefined) return { kind: 'task-columns', columns };
  return DUMP_TASK.test(message) ? { kind: 'task-row' } : undefined;
}

function readTaskIn(message: ByteString): KernelLine | undefined {
  const rest = message.slice(TASK_IN.length);
  const paths = splitPaths(rest, KILLED_AS_A_RESULT, (task, oom) => isUnder(task, oom));
  if (paths === undefined) return undefined;
  return { kind: 'task-in', taskMemcg: paths[0], oomMemcg: paths[1] };
}

function readGroupKill(message: ByteString): KernelLine | undefined {
  const memcg = MEM_CGROUP_PRINT_OOM_GROUP.exec(message)?.groups?.['memcg'];
  return memcg === undefined ? undefined : { kind: 'group-kill', memcg: decodeName(memcg) };
}

function readReaped(message: ByteString): KernelLine | undefined {
  const found = OOM_REAPER.exec(message)?.groups;
  if (found === undefined) return undefined;
  return { kind: 'reaped', pid: Number(found['pid']), comm: decodeName(found['comm'] ?? '') };
}

function readSuppressed(message: ByteString): KernelLine | undefined {
  const count = RATELIMIT.exec(message)?.groups?.['count'];
  return count === undefined ? undefined : { kind: 'callbacks-suppressed', count: Number(count) };
}
