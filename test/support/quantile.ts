/** The nearest rank: the least of the values that `q` of them do not exceed. @param sorted ascending */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.ceil(sorted.length * q) - 1];
}
