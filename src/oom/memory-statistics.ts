import type { ByteString } from '../kmsg/record.ts';
import type { MemoryStatistics, OomEpisode } from './episode.ts';

/**
 * The lines between a report's header and its task table that say where the memory went. Before 5.0
 * `mem_cgroup_print_oom_info()` prints a line for each cgroup, from 5.0 on `mem_cgroup_print_oom_meminfo()`
 * the sums of the whole subtree, as one record of many lines, since 6.4 as one record each.
 */
const STATISTICS =
  /^(?:Memory cgroup stats for |(?:memory\+swap|swap|kmem): usage \d|(?:anon|file|shmem|kernel|slab|pagetables|kernel_stack|percpu|sock|rss|cache|total_(?:rss|cache|shmem)) \d+(?:\n|$)| ?(?:active_anon|active_file|unevictable|slab_reclaimable|mapped|free):\d+ |Node \d+ |(?:Free|Total) swap {1,2}= |\d+ pages (?:RAM|reserved)$)/;

/** Whether this may be one of them; what it says is read when the report is over. */
export function isMemoryStatistics(message: ByteString): boolean {
  return STATISTICS.test(message);
}

/** `memory_stat_format()`, `memcg1_stat_format()`: bytes. */
const STATS = /^\w+ \d+(?:\n|$)/;
/** `mem_cgroup_print_oom_meminfo()`: a page counter. */
const COUNTER = /^(?<name>memory\+swap|swap|kmem): usage (?<usage>\d+)kB, limit (?<limit>\d+)kB, /;
/** Before 5.0. The path is anything: the numbers are what ends the line. */
const CGROUP_LINE = /^Memory cgroup stats for \/[^]*: (?<pairs>cache:\d+KB(?: \w+:\d+KB)*)$/;
/** `show_free_areas()`: pages, of all nodes. */
const PAIR = /(?<name>\w+):(?<value>\d+)/g;
/** The same: in the line of a node, before 5.9 in those of its zones. */
const KERNEL_STACK = / kernel_stack:(?<value>\d+)kB /;
/** `hugetlb_show_meminfo_node()`. */
const HUGEPAGES = / hugepages_total=(?<total>\d+) .*hugepages_size=(?<size>\d+)kB$/;
/** `show_free_areas()`: the free list of order 0 is of single pages. */
const FREE_LIST = /^Node \d+ \w+: \d+\*(?<size>\d+)kB /;
/** `show_swap_cache_info()`, `show_mem()`. */
const SWAP = /^(?<name>Free|Total) swap {1,2}= (?<value>\d+)kB$/;
const RAM = /^(?<value>\d+) pages (?<name>RAM|reserved)$/;

/** `PAGE_COUNTER_MAX`, a page below it on cgroup v1: no limit. */
export const UNLIMITED_KB = 2 ** 52;

/** Some of the system's counts are called as a cgroup's, and are pages: this one tells whose they are. */
const ONLY_OF_SYSTEM = 'isolated_anon';

/** What else the report says, which these lines are read by. */
type ReportedFacts = Pick<OomEpisode, 'usageKb' | 'limitKb'> & {
  readonly pageKb?: number | undefined;
};

type Sums = Map<string, number>;

/** What the lines add up to; `undefined` where they say nothing. */
export function readMemoryStatistics(
  messages: readonly ByteString[],
  reported: ReportedFacts,
): MemoryStatistics | undefined {
  const sums: Sums = new Map();
  for (const message of messages) addMessage(sums, message);
  if (sums.size === 0) return undefined;
  return sums.has(ONLY_OF_SYSTEM) ? ofSystem(sums, reported.pageKb) : ofCgroup(sums, reported);
}

function add(sums: Sums, name: string, value: string | undefined, times = 1): void {
  sums.set(name, (sums.get(name) ?? 0) + Number(value) * times);
}

function addMessage(sums: Sums, message: ByteString): void {
  if (STATS.test(message)) return message.split('\n').forEach((line) => addStat(sums, line));
  if (message.startsWith('Node ')) return addNode(sums, message);
  if (message.startsWith('Memory ')) return addCgroup(sums, message);
  const counter = COUNTER.exec(message)?.groups;
  if (counter !== undefined) {
    const { name, usage, limit } = counter;
    add(sums, `${name} usage`, usage);
    return add(sums, `${name} limit`, limit);
  }
  const named = (SWAP.exec(message) ?? RAM.exec(message))?.groups;
  if (named === undefined) return addPairs(sums, message);
  return add(sums, named['name'] ?? '', named['value']);
}

/** Before 5.0 with its numbers, unless the path was too long for a record or another CPU printed meanwhile. */
function addCgroup(sums: Sums, line: string): void {
  const pairs = CGROUP_LINE.exec(line)?.groups?.['pairs'];
  add(sums, pairs === undefined ? 'bare cgroups' : 'cgroups', '1');
  if (pairs !== undefined) addPairs(sums, pairs);
}

function addStat(sums: Sums, line: string): void {
  const end = line.indexOf(' ');
  add(sums, line.slice(0, end), line.slice(end + 1), 1 / 1024);
}

function addPairs(sums: Sums, pairs: string): void {
  for (const { groups } of pairs.matchAll(PAIR))
    add(sums, groups?.['name'] ?? '', groups?.['value']);
}

function addNode(sums: Sums, line: string): void {
  const huge = HUGEPAGES.exec(line)?.groups;
  if (huge !== undefined) add(sums, 'hugepages', huge['total'], Number(huge['size']));
  const stack = KERNEL_STACK.exec(line)?.groups;
  if (stack !== undefined) add(sums, 'kernel_stack kB', stack['value']);
  const size = FREE_LIST.exec(line)?.groups?.['size'];
  if (size !== undefined) sums.set('page size', Number(size));
}

/** On cgroup v1 `rss` and `cache` are the cgroup's own, and from 6.4 on `total_…` with those below it. */
function ofCgroup(sums: Sums, reported: ReportedFacts): MemoryStatistics {
  // A sum that lacks one of the cgroups is none.
  const isCut = sums.has('cgroups') && sums.has('bare cgroups');
  const kb = (...names: readonly string[]): number | undefined => {
    const name = isCut ? undefined : names.find((one) => sums.has(one));
    return name === undefined ? undefined : Math.round(sums.get(name) ?? 0);
  };
  return {
    anonKb: kb('anon', 'total_rss', 'rss'),
    fileKb: kb('file', 'total_cache', 'cache'),
    shmemKb: kb('total_shmem', 'shmem'),
    // A counter that nobody charges is 0: before 5.0 it is printed on cgroup v2 as well.
    kernelKb: kb('kernel') ?? (sums.get('kmem usage') || undefined),
    slabKb: kb('slab'),
    pagetablesKb: kb('pagetables'),
    kernelStackKb: kb('kernel_stack'),
    percpuKb: kb('percpu'),
    sockKb: kb('sock'),
    ...swapOfCgroup(sums, reported),
  };
}

/** cgroup v1 counts memory and swap together, with a limit for both. */
function swapOfCgroup(sums: Sums, { usageKb = 0, limitKb = 0 }: ReportedFacts) {
  const both = sums.get('memory+swap usage');
  const isCounted = both !== undefined && both >= usageKb;
  const limit = sums.get('swap limit') ?? (isCounted ? sums.get('memory+swap limit') : undefined);
  const withMemory = sums.has('swap limit') ? 0 : limitKb;
  const isLimited = limit !== undefined && Math.max(limit, withMemory) < UNLIMITED_KB;
  return {
    swapUsageKb: sums.get('swap usage') ?? (isCounted ? both - usageKb : undefined),
    swapLimitKb: isLimited ? Math.max(0, limit - withMemory) : undefined,
  };
}

/** The LRU lists of anonymous memory hold tmpfs too. */
function ofSystem(sums: Sums, reportedPageKb: number | undefined): MemoryStatistics {
  const pageKb = sums.get('page size') ?? reportedPageKb;
  const kb = (...names: readonly string[]): number | undefined => {
    const pages = names.map((name) => sums.get(name));
    if (pageKb === undefined || pages.includes(undefined)) return undefined;
    return pages.reduce<number>((sum, count) => sum + (count ?? 0), 0) * pageKb;
  };
  const shmemKb = kb('shmem');
  const cacheKb = kb('active_file', 'inactive_file', 'isolated_file');
  const pages = less(sums.get('RAM'), sums.get('reserved'));
  return {
    totalKb: pages === undefined || pageKb === undefined ? undefined : pages * pageKb,
    freeKb: kb('free'),
    anonKb: less(kb('active_anon', 'inactive_anon', 'isolated_anon'), shmemKb),
    fileKb: cacheKb === undefined ? undefined : cacheKb + (shmemKb ?? 0),
    shmemKb,
    unevictableKb: kb('unevictable'),
    slabKb: kb('slab_reclaimable', 'slab_unreclaimable'),
    pagetablesKb: kb('pagetables'),
    kernelStackKb: sums.get('kernel_stack kB'),
    hugepagesKb: sums.get('hugepages'),
    swapUsageKb: less(sums.get('Total'), sums.get('Free')),
    swapLimitKb: sums.get('Total'),
  };
}

/** The figures are not of one moment: a part may be more than what it is of. */
function less(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined || part === undefined ? undefined : Math.max(0, whole - part);
}
