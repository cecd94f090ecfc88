/** Lines of the kernel's OOM path, as the functions in mm/oom_kill.c and mm/memcontrol.c print them. */

export const POD = '/kubepods/burstable/pod00000000-0000-4000-8000-000000000001';
export const CONTAINER = `${POD}/${'a'.repeat(64)}`;

export const HEADER =
  'hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0';
export const TABLE =
  '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name';
export const NO_KILLABLE = 'Out of memory and no killable processes...';

/** `dump_task()`. */
export function taskLine(pid: number, comm = 'app', tgid = pid): string {
  return `[${String(pid).padStart(7)}]     0 ${tgid}     5000     4000    90112        0             0 ${comm}`;
}

/** `dump_oom_victim()` with a cgroup's limit. */
export function oomKillLine(pid: number, task = CONTAINER, oom = task, comm = 'app'): string {
  return `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${oom},task_memcg=${task},task=${comm},pid=${pid},uid=0`;
}

/** `dump_oom_victim()` of a system-wide OOM. */
export function globalLine(pid: number, task = CONTAINER, comm = 'app'): string {
  return `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${task},task=${comm},pid=${pid},uid=0`;
}

/** `__oom_kill_process()` since 5.2. */
export function killLine(pid: number, comm = 'app', cause = 'Memory cgroup out of memory'): string {
  return `${cause}: ${oldKillLine(pid, comm)}, UID:0 pgtables:88kB oom_score_adj:0`;
}

/** `__oom_kill_process()` before, which leaves the cause to the line before it. */
export function oldKillLine(pid: number, comm = 'app'): string {
  return `Killed process ${pid} (${comm}) total-vm:20000kB, anon-rss:16000kB, file-rss:0kB, shmem-rss:0kB`;
}

/** `oom_kill_process()` before 5.2. */
export function announcedLine(pid: number, comm = 'app', cause = 'Memory cgroup out of memory') {
  return `${cause}: Kill process ${pid} (${comm}) score 900 or sacrifice child`;
}

/** `mem_cgroup_print_oom_info()` before 5.0. */
export function taskInLine(task = CONTAINER, oom = task): string {
  return `Task in ${task} killed as a result of limit of ${oom}`;
}

/** `mem_cgroup_print_oom_group()`. */
export function groupLine(memcg = CONTAINER): string {
  return `Tasks in ${memcg} are going to be killed due to memory.oom.group set`;
}

/** `oom_reap_task_mm()`. */
export function reapedLine(pid: number, comm = 'app'): string {
  return `oom_reaper: reaped process ${pid} (${comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`;
}

/** `__oom_kill_process()`'s caller, when there is nothing left to free. */
export function exitingLine(pid: number, comm = 'app'): string {
  return `OOM victim ${pid} (${comm}) is already exiting. Skip killing the task`;
}

/** One of each shape, and its kind. */
export const KERNEL_LINES: readonly (readonly [kind: string, line: string])[] = [
  ['header', HEADER],
  ['usage', 'memory: usage 16384kB, limit 16384kB, failcnt 19'],
  ['memory-statistics', 'memory+swap: usage 0kB, limit 9007199254740988kB, failcnt 0'],
  ['memory-statistics', 'swap: usage 0kB, limit 0kB, failcnt 0'],
  ['memory-statistics', 'Memory cgroup stats for /a:'],
  ['memory-statistics', 'Memory cgroup stats for /a: cache:0KB rss:4KB'],
  ['memory-statistics', 'anon 4096'],
  ['memory-statistics', 'anon 4096\nfile 0\nkernel_stack 0'],
  ['memory-statistics', 'active_anon:1 inactive_anon:2 isolated_anon:0\n active_file:0'],
  ['memory-statistics', ' active_file:0 inactive_file:0 isolated_file:0'],
  ['memory-statistics', 'Node 0 hugepages_total=0 hugepages_free=0'],
  ['memory-statistics', 'Total swap = 0kB'],
  ['memory-statistics', '65406 pages RAM'],
  ['task-columns', TABLE],
  ['task-row', taskLine(7)],
  ['oom-kill', oomKillLine(7)],
  ['task-in', taskInLine()],
  ['kill-announced', announcedLine(7)],
  ['kill', killLine(7)],
  ['kill', oldKillLine(7)],
  ['group-kill', groupLine()],
  ['no-killable', NO_KILLABLE],
  ['already-exiting', exitingLine(7)],
  ['already-exiting', `Memory cgroup out of memory: ${exitingLine(7)}`],
  ['reaped', reapedLine(7)],
  ['callbacks-suppressed', 'oom_kill_process: 14 callbacks suppressed'],
  ['callbacks-suppressed', 'dump_header: 3 callbacks suppressed'],
];
