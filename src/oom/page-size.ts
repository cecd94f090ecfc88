import type { KilledProcess, TaskRow } from './episode.ts';

/** What kernels are built with; of the architectures Kubernetes runs on, arm64 and ppc64 have others than 4. */
const PAGE_SIZES_KB: readonly number[] = [4, 16, 64];

/**
 * The size of a page. No report says it, but the kill line prints in kB what the victim's row of the
 * task table has in pages.
 */
export function pageSizeKb(
  killed: readonly KilledProcess[],
  tasks: readonly TaskRow[],
): number | undefined {
  for (const { pid, totalVmKb = 0 } of killed) {
    const row = tasks.find((task) => task.pid === pid);
    const size = PAGE_SIZES_KB.find((kb) => kb * (row?.totalVmPages ?? 0) === totalVmKb);
    if (totalVmKb > 0 && size !== undefined) return size;
  }
  return undefined;
}
