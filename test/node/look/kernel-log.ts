/**
 * What the kernel's records say, read by other patterns than the agent's: a mistake in those must
 * not hide itself. Kernel functions: dump_oom_summary, __oom_kill_process, oom_kill_process.
 */
const RECORD = /^(?<prefix>\d+),(?<sequence>\d+),(?<us>\d+),[^;]*;(?<text>.*)$/;
const KILL = /^(?:Memory cgroup out of memory|Out of memory[^:]*): Killed process (?<pid>\d+) \(/;
/** The end of an `oom-kill:` line, also where it came in pieces. */
const CONTEXT = /,task=.*,pid=(?<pid>\d+),uid=-?\d+$/s;
const TASK_MEMCG = /,task_memcg=(?<cgroup>.*),task=/s;
const GROUP = /^Tasks in (?<cgroup>.*) are going to be killed due to memory\.oom\.group set$/;
const FACILITY = 8;

/** A process the kernel killed. A group's first victim has two lines. */
export interface PrintedKill {
  readonly pid: number;
  /** By the record's clock, of its first line. */
  readonly atUs: number;
  /** The container's, or a cgroup below: of the line that named one. */
  readonly cgroup: string | undefined;
  /** Whether the kernel said why, or kept to its rate limit. */
  readonly hasContext: boolean;
}

export interface KernelLog {
  /** `Killed process` lines: what `/proc/vmstat` `oom_kill` counts. */
  readonly lines: number;
  readonly kills: ReadonlyMap<number, PrintedKill>;
  /** The cgroups that were killed whole. */
  readonly groups: readonly string[];
}

/** The kills of some records, each as `/dev/kmsg` has it. */
export function readKernelLog(records: readonly string[]): KernelLog {
  const kills = new Map<number, PrintedKill>();
  const groups: string[] = [];
  const contexts = new Map<number, string | undefined>();
  let lines = 0;
  let group: string | undefined;
  for (const { us, text } of records.flatMap((record) => kernelRecord(record) ?? [])) {
    const context = CONTEXT.exec(text)?.groups?.['pid'];
    if (context !== undefined) {
      contexts.set(Number(context), TASK_MEMCG.exec(text)?.groups?.['cgroup']);
      group = undefined;
    }
    const whole = GROUP.exec(text)?.groups?.['cgroup'];
    if (whole !== undefined) groups.push(whole);
    group = whole ?? group;
    const pid = Number(KILL.exec(text)?.groups?.['pid']);
    if (Number.isNaN(pid)) continue;
    lines += 1;
    const known = kills.get(pid);
    const cgroup = contexts.get(pid) ?? group ?? known?.cgroup;
    kills.set(pid, { pid, atUs: known?.atUs ?? us, cgroup, hasContext: contexts.has(pid) });
  }
  return { lines, kills, groups };
}

/** What comes after the last record with a text; all there is where it is no longer there. */
export function recordsAfter(log: string, mark: string): readonly string[] {
  const lines = log.split('\n').filter(Boolean);
  return lines.slice(1 + lines.findLastIndex((line) => line.includes(mark)));
}

/** Whoever writes to `/dev/kmsg` cannot have facility 0. */
function kernelRecord(record: string): { us: number; text: string } | undefined {
  const { prefix, us, text = '' } = RECORD.exec(record)?.groups ?? {};
  return Number(prefix) < FACILITY ? { us: Number(us), text } : undefined;
}

/** From the first kill to the last. */
export function spanMs({ kills }: KernelLog): number {
  const times = [...kills.values()].map(({ atUs }) => atUs);
  return Math.round((Math.max(...times) - Math.min(...times)) / 1000);
}
