import { formatKb } from '../recorder/format-kb.ts';
import type { Rule } from './advise.ts';
import { accountedFor } from './break-down.ts';
import { type Facts, isAskedFor, shareOf, sizeWords } from './facts.ts';

/** From these shares on of what was held, a kind of memory is worth a word. */
const MUCH_TMPFS = 0.2;
const MANY_PAGE_TABLES = 0.1;
const MUCH_KERNEL = 0.25;
const MANY_SOCKETS = 0.1;
/** Full to the last twentieth: swap in and out keeps a little free. */
const SWAP_FULL = 0.95;
/** Less page cache than that is what runs through while a page is read. */
const NO_CACHE = 0.02;
/** What is not there can be said only where nearly all is accounted for. */
const NEARLY_ALL = 0.9;
/** Memory that was free was not held. */
const FREE = 0.1;

/** Rules about where the memory went; the conditions are in docs/explain.md. */
export const MEMORY_RULES: readonly Rule[] = [
  { name: 'tmpfs', advise: (facts) => adviseTmpfs(facts) },
  { name: 'page-tables', advise: (facts) => advisePageTables(facts) },
  { name: 'kernel-memory', advise: (facts) => adviseKernel(facts) },
  { name: 'sockets', advise: (facts) => adviseSockets(facts) },
  { name: 'swap-full', advise: (facts) => adviseSwap(facts) },
  { name: 'no-page-cache', advise: (facts) => adviseNoCache(facts) },
];

function adviseTmpfs(facts: Facts): string | undefined {
  const { shmemKb = 0 } = facts.memory;
  if (shareOf(facts, shmemKb) < MUCH_TMPFS) return undefined;
  return `${sizeWords(facts, shmemKb)} is tmpfs or shared memory (an emptyDir with medium: Memory, /dev/shm). It counts like any other memory, and a file stays until it is deleted, whoever is killed: give the emptyDir a sizeLimit, or write to a disk.`;
}

function advisePageTables(facts: Facts): string | undefined {
  const { pagetablesKb = 0 } = facts.memory;
  if (shareOf(facts, pagetablesKb) < MANY_PAGE_TABLES) return undefined;
  return `${sizeWords(facts, pagetablesKb)} is page tables: many processes map a large memory, each with tables of its own. Fewer processes, or huge pages for what they share, make them small.`;
}

function adviseKernel(facts: Facts): string | undefined {
  const { kernelKb, pagetablesKb = 0, slabKb = 0, kernelStackKb = 0, percpuKb = 0 } = facts.memory;
  const heldKb =
    kernelKb === undefined ? slabKb + kernelStackKb + percpuKb : kernelKb - pagetablesKb;
  if (shareOf(facts, heldKb) < MUCH_KERNEL) return undefined;
  const [largest] = (
    [
      [slabKb, 'slab: files, directories, network connections'],
      [kernelStackKb, 'stacks of threads'],
      [percpuKb, 'per-CPU data, often of many cgroups'],
    ] as const
  ).toSorted(([a], [b]) => b - a);
  const mostly =
    largest !== undefined && largest[0] >= heldKb / 2
      ? `, most of it ${largest[1]} (${formatKb(largest[0])})`
      : '';
  return `${sizeWords(facts, heldKb)} is memory of the kernel${mostly}. No heap profile shows it: look at /proc/slabinfo and at how many files, threads and connections there are.`;
}

function adviseSockets(facts: Facts): string | undefined {
  const { sockKb = 0 } = facts.memory;
  if (shareOf(facts, sockKb) < MANY_SOCKETS) return undefined;
  return `${sizeWords(facts, sockKb)} is network buffers: somebody does not read what arrives, or sends faster than the peer takes.`;
}

function adviseSwap({ memory }: Facts): string | undefined {
  const { swapUsageKb, swapLimitKb = 0 } = memory;
  if (swapUsageKb === undefined || swapLimitKb === 0) return undefined;
  if (swapUsageKb < swapLimitKb * SWAP_FULL) return undefined;
  return `Swap was full (${formatKb(swapUsageKb)} of ${formatKb(swapLimitKb)}): it had hidden for how long memory was short. What is swapped out is needed as well.`;
}

function adviseNoCache(facts: Facts): string | undefined {
  const { memory, breakdown } = facts;
  const { fileKb, shmemKb, freeKb = 0 } = memory;
  if (breakdown === undefined || fileKb === undefined || shmemKb === undefined) return undefined;
  if (isAskedFor(facts) || shareOf(facts, freeKb) > FREE) return undefined;
  const cacheKb = Math.max(0, fileKb - shmemKb);
  if (accountedFor(breakdown) < NEARLY_ALL || shareOf(facts, cacheKb) >= NO_CACHE) return undefined;
  const cache = cacheKb === 0 ? 'no page cache was' : `only ${formatKb(cacheKb)} of page cache was`;
  return `It is memory in use, not page cache: ${cache} left that could have been dropped instead.`;
}
