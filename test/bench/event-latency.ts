import { quantile } from '../support/quantile.ts';

/** When something was first said of a process, ms, by its pid. */
type Times = ReadonlyMap<string, number>;

/** Kills of which nobody else's Events are looked at. */
const PATHS = ['oom-recorder', 'anchor'] as const;

/**
 * From the kernel's kill line to the Event at a watch: ours and the kubelet's own path, of the same kills.
 *
 * @param observed what `anchor observe` printed
 */
export function printLatencies(print: (line: string) => void, observed: string): void {
  const lines = observed.split('\n').map((line) => line.split(' '));
  const killed = firsts(lines, (line) => line[0] === 'kill');
  print(row(`of ${killed.size} kill lines, ms`, 'Events', 'p50', 'p99'));
  const quantiles = PATHS.map((path) => {
    const posted = firsts(lines, (line) => line[0] === 'event' && line[1] === path);
    const latencies = [...posted].flatMap(([pid, atMs]) => {
      const killedMs = killed.get(pid);
      return killedMs === undefined ? [] : [atMs - killedMs];
    });
    print(row(path, String(latencies.length), ...p50AndP99(latencies).map((ms) => ms.toFixed(1))));
    return p50AndP99(latencies);
  });
  const [
    [ours = Number.NaN, oursWorst = Number.NaN] = [],
    [theirs = Number.NaN, theirsWorst = Number.NaN] = [],
  ] = quantiles;
  print(
    row(
      'ratio, difference',
      '',
      `${(ours / theirs).toFixed(2)}×`,
      (oursWorst - theirsWorst).toFixed(1),
    ),
  );
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

export function row(title: string, ...cells: readonly string[]): string {
  return [title.padEnd(26), ...cells.map((cell) => cell.padStart(12))].join('');
}
