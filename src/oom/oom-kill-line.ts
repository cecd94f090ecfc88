import type { ByteString } from '../kmsg/record.ts';
import { isUnder, splitPaths } from './memcg-paths.ts';
import { withoutAbsent } from './without-absent.ts';

/** What `dump_oom_victim()` says: why, which limit, whose cgroup, and which task was chosen. */
export interface OomKillLine {
  readonly constraint: string;
  /** Absent for a system-wide OOM (`global_oom`). */
  readonly oomMemcg?: ByteString;
  readonly taskMemcg?: ByteString;
  readonly comm?: ByteString;
  readonly pid?: number;
}

/** TASK_COMM_LEN without its NUL. */
const MAX_COMM_BYTES = 15;

const BEGINNING = /^oom-kill:constraint=(?<constraint>CONSTRAINT_[A-Z_]+),nodemask=/;
const END = /,pid=(?<pid>\d+),uid=-?\d+$/;
const TASK = ',task=';

/**
 * Where the paths begin. Before them stand only the nodemask, the name of a cpuset (any bytes but
 * `/`) and a list of memory nodes, so the first separator followed by `/` is the kernel's.
 */
const PATHS = /,mems_allowed=[\d,-]*,(?:(?<global>global_oom),task_memcg=|oom_memcg=)(?=\/)/;

/** Without cpusets (CONFIG_CPUSETS=n) the paths follow the nodemask at once. */
const PATHS_WITHOUT_CPUSET =
  /^(?:\(null\)|[\d,-]*),(?:(?<global>global_oom),task_memcg=|oom_memcg=)(?=\/)/;

/**
 * Reads the `oom-kill:` line (5.0 and later).
 *
 *     oom-kill:constraint=C,nodemask=N,cpuset=NAME,mems_allowed=M,oom_memcg=PATH,task_memcg=PATH,task=COMM,pid=P,uid=U
 *
 * NAME, PATH and COMM are other people's bytes and may contain all of this again. The end is
 * certain; the task's name is what the kill line says it is (`killedComm`), else what follows the
 * last `,task=` that leaves a possible name; the paths are split where the task's lies under the
 * limit's. A line that stops half-way still yields what it said; `undefined` if that is nothing.
 */
export function readOomKillLine(
  line: ByteString,
  killedComm?: ByteString,
): OomKillLine | undefined {
  const constraint = BEGINNING.exec(line)?.groups?.['constraint'];
  if (constraint === undefined) return undefined;
  const rest = line.replace(BEGINNING, '');
  const end = END.exec(rest);
  const untilTask = end === null ? undefined : cutTask(rest.slice(0, end.index), killedComm);
  const paths = readPaths(untilTask?.before ?? rest, untilTask !== undefined);
  if (untilTask === undefined || end === null) {
    return withoutAbsent({ constraint, oomMemcg: paths?.oomMemcg });
  }
  return withoutAbsent({
    constraint,
    ...paths,
    comm: untilTask.comm,
    pid: Number(end.groups?.['pid']),
  });
}

/** Whether the line holds everything the kernel puts in it. */
export function isCompleteOomKillLine(line: ByteString): boolean {
  return readOomKillLine(line)?.taskMemcg !== undefined;
}

function cutTask(
  text: ByteString,
  killedComm: ByteString | undefined,
): { before: ByteString; comm: ByteString } | undefined {
  if (killedComm !== undefined && text.endsWith(TASK + killedComm)) {
    return { before: text.slice(0, -TASK.length - killedComm.length), comm: killedComm };
  }
  const at = text.lastIndexOf(TASK);
  const comm = text.slice(at + TASK.length);
  return at === -1 || comm.length > MAX_COMM_BYTES
    ? undefined
    : { before: text.slice(0, at), comm };
}

function readPaths(
  text: ByteString,
  complete: boolean,
): { oomMemcg?: ByteString; taskMemcg?: ByteString } | undefined {
  const start = PATHS_WITHOUT_CPUSET.exec(text) ?? PATHS.exec(text);
  if (start === null) return undefined;
  const paths = text.slice(start.index + start[0].length);
  if (start.groups?.['global'] !== undefined) return complete ? { taskMemcg: paths } : undefined;
  if (!complete) {
    const [oomMemcg, ...others] = paths.split(',task_memcg=');
    return others.length === 0 || oomMemcg === undefined ? undefined : { oomMemcg };
  }
  const split = splitPaths(paths, ',task_memcg=', (oom, task) => isUnder(task, oom));
  return split === undefined ? undefined : { oomMemcg: split[0], taskMemcg: split[1] };
}
