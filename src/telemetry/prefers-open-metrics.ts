const OPEN_METRICS = 'application/openmetrics-text';
/** What is understood as well, and what anybody takes who says nothing. */
const TEXT = ['text/plain', 'text/*', '*/*'];
const QUALITY = /;\s*q=(?<quality>[\d.]+)/;

/**
 * Whether a scraper's `Accept` would rather have OpenMetrics than the text format: its quality is higher, or
 * the same and it comes first (RFC 9110, 12.5.1, leaves that open; Prometheus' own servers do it so).
 */
export function prefersOpenMetrics(accept: string): boolean {
  const wanted = accept
    .toLowerCase()
    .split(',')
    .map((range) => ({
      type: range.split(';', 1)[0]?.trim() ?? '',
      quality: Number(QUALITY.exec(range)?.groups?.['quality'] ?? 1),
    }))
    .filter(({ type, quality }) => quality > 0 && [OPEN_METRICS, ...TEXT].includes(type))
    .toSorted((a, b) => b.quality - a.quality);
  return wanted[0]?.type === OPEN_METRICS;
}
