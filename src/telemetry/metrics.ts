import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** The latest of what was counted: labels that find it elsewhere, 128 characters in all, and when. */
interface Exemplar {
  readonly labels: Labels;
  /** ms since the epoch. */
  readonly atMs: number;
}

export type Sample = readonly [labels: Labels, value: number, exemplar?: Exemplar];
/** A sample for each combination of labels; `undefined` is none, where 0 would be a lie. */
type Read = () => number | Iterable<Sample> | undefined;

/** A metric is read, not written: its figure is taken from where it already is, when it is scraped. */
export interface Metric {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: Read;
}

/** Only goes up, but for what is shown no more. */
export function counter(help: string, read: Read, labels: readonly string[] = []): Metric {
  return { type: 'counter', help, labels, read };
}

/** Goes up and down. */
export function gauge(help: string, read: Read, labels: readonly string[] = []): Metric {
  return { type: 'gauge', help, labels, read };
}

/** What a scraper may ask for: https://prometheus.io/docs/instrumenting/exposition_formats/. */
const CONTENT_TYPES = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const;

/** Metrics in one format. */
export interface Exposition {
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

/**
 * Metrics in one of Prometheus' two formats; OpenMetrics alone has exemplars. A registry of its own, no
 * defaults, nothing runs between two scrapes.
 *
 * @param metrics by their names, in the order they are shown in
 */
export function expose(
  metrics: Readonly<Record<string, Metric>>,
  format: keyof typeof CONTENT_TYPES,
): Exposition {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(CONTENT_TYPES[format]);
  for (const [name, { type, help, labels, read }] of Object.entries(metrics)) {
    const Kind = type === 'counter' ? Counter : Gauge;
    const metric = new Kind({ name, help, labelNames: labels, registers: [] });
    const head = metric.get.bind(metric);
    metric.get = async () => ({ ...(await head()), values: valuesOf(read()) });
    registry.registerMetric(metric);
  }
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

/** What is no more has no sample. */
function valuesOf(figure: ReturnType<Read>) {
  if (figure === undefined) return [];
  const samples: Iterable<Sample> = typeof figure === 'number' ? [[{}, figure]] : figure;
  return Array.from(samples, ([labels, value, exemplar]) => {
    if (exemplar === undefined) return { labels, value };
    // prom-client's own form; its `inc()` would date it to the scrape.
    const { labels: labelSet, atMs } = exemplar;
    return { labels, value, exemplar: { labelSet, value: 1, timestamp: atMs / 1000 } };
  });
}
