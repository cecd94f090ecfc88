import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** The latest of what was counted: labels that find it elsewhere, 128 characters in all, and when. */
export interface Exemplar {
  readonly labels: Labels;
  /** ms since the epoch. */
  readonly atMs: number;
}

/** A sample for each combination of labels. */
type Series = Iterable<readonly [labels: Labels, value: number, exemplar?: Exemplar | undefined]>;
/** `undefined` is no sample, where 0 would be a lie. */
type Read = () => number | Series | undefined;

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

/**
 * Metrics in one of Prometheus' two formats; OpenMetrics alone has exemplars. A registry of its own, no
 * defaults, nothing runs between two scrapes.
 */
export class Metrics {
  readonly #registry = new Registry<RegistryContentType>();

  /** @param metrics by their names, in the order they are shown in */
  constructor(
    metrics: Readonly<Record<string, Metric>>,
    format: keyof typeof CONTENT_TYPES = 'text',
  ) {
    this.#registry.setContentType(CONTENT_TYPES[format]);
    for (const [name, { type, help, labels, read }] of Object.entries(metrics)) {
      const Kind = type === 'counter' ? Counter : Gauge;
      const metric = new Kind({ name, help, labelNames: labels, registers: [] });
      const head = metric.get.bind(metric);
      metric.get = async () => ({ ...(await head()), values: valuesOf(read()) });
      this.#registry.registerMetric(metric);
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** What is no more has no sample. */
function valuesOf(figure: ReturnType<Read>) {
  if (figure === undefined) return [];
  const series: Series = typeof figure === 'number' ? [[{}, figure]] : figure;
  return Array.from(series, ([labels, value, exemplar]) => ({
    labels,
    value,
    ...(exemplar && { exemplar: asClientHasIt(exemplar) }),
  }));
}

/** prom-client's own form; its `inc()` would date it to the scrape. */
function asClientHasIt({ labels, atMs }: Exemplar) {
  return { labelSet: labels, value: 1, timestamp: atMs / 1000 };
}
