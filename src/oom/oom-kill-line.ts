import type { ByteString } from '../kmsg/record.ts';
import { isUnder, splitPaths } from './cgroup-path.ts';

/** What `dump_oom_victim()` says: why, which limit, whose cgroup, and the pid of the chosen task. */
export interface OomKillLine {
  readonly constraint: string;
  /** Absent for a system-wide OOM (`global_oom`). */
  readonly oomMemcg?: ByteString | undefined;
  readonly taskMemcg?: ByteString | undefined;
  readonly pid?: number | undefined;
}

/** TASK_COMM_LEN without its NUL. */
const MAX_COMM_BYTES = 15;

const BEGINNING = /^oom-kill:constraint=(?<constraint>CONSTRAINT_[A-Z_]+),nodemask=/;
const END = /,pid=(?<pid>\d+),uid=-?\d+$/;
const TASK = ',task=';
const TASK_MEMCG = ',task_memcg=';

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
  const heads = end === null ? [] : headsOf(rest.slice(0, end.index), killedComm);
  if (heads.length === 0) return { constraint, oomMemcg: readBegunPath(rest) };
  const paths = heads.map(readPaths).find((read) => read !== undefined);
  return { constraint, ...paths, pid: Number(end?.groups?.['pid']) };
}

/** Whether the line holds everything the kernel puts in it. */
export function isCompleteOomKillLine(line: ByteString): boolean {
  return readOomKillLine(line)?.taskMemcg !== undefined;
}

/** What stands before the name that the kill line says; else what may, before the shortest name first. */
function headsOf(text: ByteString, killedComm: ByteString | undefined): readonly ByteString[] {
  if (killedComm !== undefined && text.endsWith(TASK + killedComm)) {
    return [text.slice(0, -TASK.length - killedComm.length)];
  }
  const heads: ByteString[] = [];
  for (let at = text.lastIndexOf(TASK); at > 0; at = text.lastIndexOf(TASK, at - 1)) {
    if (text.length - at - TASK.length > MAX_COMM_BYTES) break;
    heads.push(text.slice(0, at));
  }
  return heads;
}

function findPaths(text: ByteString): { isGlobal: boolean; paths: ByteString } | undefined {
  const start = PATHS_WITHOUT_CPUSET.exec(text) ?? PATHS.exec(text);
  if (start === null) return undefined;
  const paths = text.slice(start.index + start[0].length);
  return { isGlobal: start.groups?.['global'] !== undefined, paths };
}

function readPaths(text: ByteString): { oomMemcg?: ByteString; taskMemcg: ByteString } | undefined {
  const found = findPaths(text);
  if (found === undefined) return undefined;
  if (found.isGlobal) return { taskMemcg: found.paths };
  const split = splitPaths(found.paths, TASK_MEMCG, (oom, task) => isUnder(task, oom));
  return split === undefined ? undefined : { oomMemcg: split[0], taskMemcg: split[1] };
}

/** Of a line that stops half-way: the limit's path, if the next field shows where it ends. */
function readBegunPath(text: ByteString): ByteString | undefined {
  const found = findPaths(text);
  if (found === undefined || found.isGlobal) return undefined;
  const [oomMemcg, ...others] = found.paths.split(TASK_MEMCG);
  return others.length === 0 ? undefined : oomMemcg;
}
