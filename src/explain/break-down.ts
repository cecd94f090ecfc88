import type { MemoryStatistics } from '../oom/episode.ts';
import type { MemoryBreakdown } from './explanation.ts';

/** What is in no line of the report: charged ahead by each CPU, drivers, or a line that is lost. */
const UNTOLD = 'not in the report';

/** Parts of these sizes are worth a line; the others only where there is something of them. */
const ALWAYS_SHOWN = new Set(['anonymous', 'page cache', 'tmpfs, shared']);

/** Divides what was held among the kinds of memory that the report tells; `undefined` where it tells none. */
export function breakDown(memory: MemoryStatistics, wholeKb: number): MemoryBreakdown | undefined {
  const told = parts(memory).flatMap(([what, kb]) => (kb === undefined ? [] : [{ what, kb }]));
  if (told.length === 0 || wholeKb === 0) return undefined;
  const untold = wholeKb - told.reduce((sum, { kb }) => sum + kb, 0);
  const shares = [...told, { what: UNTOLD, kb: Math.max(0, untold) }]
    .filter(({ what, kb }) => kb > 0 || ALWAYS_SHOWN.has(what))
    .map(({ what, kb }) => ({ what, kb, percent: Math.round((kb / wholeKb) * 100) }));
  return { wholeKb, shares };
}

/** How much of it the report accounts for, 0 to 1. */
export function accountedFor({ wholeKb, shares }: MemoryBreakdown): number {
  const untold = shares.find(({ what }) => what === UNTOLD)?.kb ?? 0;
  return 1 - untold / wholeKb;
}

/** No two of them hold the same memory. */
function parts(memory: MemoryStatistics): readonly (readonly [string, number | undefined])[] {
  const { anonKb, fileKb, shmemKb, kernelKb, pagetablesKb, slabKb, kernelStackKb, percpuKb } =
    memory;
  const { unevictableKb, hugepagesKb, sockKb, freeKb } = memory;
  const ofKernel = [pagetablesKb, slabKb, kernelStackKb, percpuKb];
  const otherKernelKb = kernelKb === undefined ? undefined : kernelKb - sum(ofKernel);
  return [
    ['anonymous', anonKb],
    [shmemKb === undefined ? 'page cache, tmpfs' : 'page cache', less(fileKb, shmemKb)],
    ['tmpfs, shared', shmemKb],
    ['locked', unevictableKb],
    ['page tables', pagetablesKb],
    ['slab', slabKb],
    ['kernel stacks', kernelStackKb],
    ['per-CPU data', percpuKb],
    [sum(ofKernel) === 0 ? 'kernel' : 'other kernel', otherKernelKb && Math.max(0, otherKernelKb)],
    ['sockets', sockKb],
    ['huge pages', hugepagesKb],
    ['free', freeKb],
  ];
}

function less(wholeKb: number | undefined, partKb = 0): number | undefined {
  return wholeKb === undefined ? undefined : Math.max(0, wholeKb - partKb);
}

function sum(sizesKb: readonly (number | undefined)[]): number {
  return sizesKb.reduce<number>((total, kb = 0) => total + kb, 0);
}
