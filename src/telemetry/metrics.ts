import { Counter, Gauge, Registry } from 'prom-client';

/** A sample for each combination of labels. */
type Series = Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;
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

/**
 * Metrics in Prometheus' text format. A registry of its own, no defaults, nothing runs between two
 * scrapes.
 */
export class Metrics {
  readonly #registry = new Registry();

  /** @param metrics by their names, in the order they are shown in */
  constructor(metrics: Readonly<Record<string, Metric>>) {
    for (const [name, { type, help, labels, read }] of Object.entries(metrics)) {
      const Kind = type === 'counter' ? Counter : Gauge;
      void new Kind({
        name,
        help,
        labelNames: labels,
        registers: [this.#registry],
        collect(this: Counter | Gauge) {
          fill(this, read());
        },
      });
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** Anew at each scrape: what is no more has no sample. `reset()` alone says 0 of what has no labels. */
function fill(metric: Counter | Gauge, figure: ReturnType<Read>): void {
  metric.reset();
  if (typeof figure === 'object') {
    for (const [labels, value] of figure) metric.inc(labels, value);
    return;
  }
  metric.remove();
  if (figure !== undefined) metric.inc(figure);
}
