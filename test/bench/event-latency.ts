import { quantile } from '../support/quantile.ts';
import type { BenchReport } from './report.ts';

/** When something was first said of a process, ms, by its pid. */
type Times = ReadonlyMap<string, number>;

/** Who posts the Events that are compared. */
const PATHS = ['oom-recorder', 'anchor'] as const;

/**
 * From the kernel's kill line to the Event at a watch: ours and the kubelet's own path, of the same kills.
 *
 * @param observed what `anchor observe` printed
 * @returns prints another row
 */
export function reportLatencies(
  report: BenchReport,
  observed: string,
): ReturnType<BenchReport['table']> {
  const lines = observed.split('\n').map((line) => line.split(' '));
  const killed = firsts(lines, (line) => line[0] === 'kill');
  const row = report.table(`of ${killed.size} kill lines`, [
    { title: 'Events', digits: 0 },
    { title: 'p50', unit: 'ms', digits: 1 },
    { title: 'p99', unit: 'ms', digits: 1 },
  ]);
  const [ours, theirs] = PATHS.map((path) => {
    const posted = firsts(lines, (line) => line[0] === 'event' && line[1] === path);
    const latencies = [...posted].flatMap(([pid, atMs]) => {
      const killedMs = killed.get(pid);
      return killedMs === undefined ? [] : [atMs - killedMs];
    });
    const quantiles = p50AndP99(latencies);
    row(path, latencies.length, ...quantiles);
    return { p50: quantiles[0] ?? Number.NaN, p99: quantiles[1] ?? Number.NaN };
  });
  if (ours === undefined || theirs === undefined) return row;
  row({ title: 'ratio', against: 'anchor' }, '', ours.p50 / theirs.p50, ours.p99 / theirs.p99);
  row('more than the anchor', '', ours.p50 - theirs.p50, ours.p99 - theirs.p99);
  return row;
}

/** Each pid and its time are the last words of a line. */
function firsts(lines: readonly string[][], is: (line: readonly string[]) => boolean): Times {
  const times = new Map<string, number>();
  for (const line of lines.filter(is)) {
    const [pid = '', ms] = line.slice(-2);
    if (!times.has(pid)) times.set(pid, Number(ms));
  }
  return times;
}

export function p50AndP99(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.99].map((q) => quantile(sorted, q) ?? Number.NaN);
}
