const UNITS = ['Ki', 'Mi', 'Gi', 'Ti'] as const;
const KB_PER_STEP = 1024;

/**
 * Kilobytes as the kernel means them (1024 bytes), as a Kubernetes quantity: `524288` → `512Mi`.
 * Whole where that is exact; else rounded in a unit that keeps at least two digits.
 */
export function formatKb(kb: number): string {
  let value = kb;
  let unit = 0;
  while (unit < UNITS.length - 1 && value >= KB_PER_STEP && isReadable(value / KB_PER_STEP)) {
    value /= KB_PER_STEP;
    unit += 1;
  }
  return `${Math.round(value)}${UNITS[unit]}`;
}

/** Dividing on loses nothing, or nothing that matters. */
function isReadable(value: number): boolean {
  return Number.isInteger(value) || value >= 10;
}
