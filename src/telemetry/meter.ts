import { Counter, Gauge, type Registry } from 'prom-client';

/** A value for each combination of labels. */
type Series<L extends string> = Iterable<readonly [Readonly<Record<L, string>>, number]>;

/**
 * Defines metrics that are read, not written: each is filled from where its number already is at
 * the moment of a scrape, and costs nothing between two.
 */
export class Meter {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: string, help: string, read: () => number): void {
    this.counters(name, help, [], () => [[{}, read()]]);
  }

  counters<const L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: () => Series<L>,
  ): void {
    void new Counter({
      ...this.#shape(name, help, labelNames),
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  gauge(name: string, help: string, read: () => number): void {
    this.gauges(name, help, [], () => [[{}, read()]]);
  }

  gauges<const L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: () => Series<L>,
  ): void {
    void new Gauge({
      ...this.#shape(name, help, labelNames),
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }

  #shape<L extends string>(name: string, help: string, labelNames: readonly L[]) {
    return { name, help, labelNames, registers: [this.#registry] };
  }
}
