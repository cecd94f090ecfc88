import { Counter, Gauge, type Registry } from 'prom-client';

/** A value for each combination of labels. */
type Series<L extends string> = Iterable<readonly [Readonly<Record<L, string>>, number]>;
/** A value without labels; `undefined` is no sample, where 0 would be a lie. */
type Reading = () => number | undefined;

/**
 * Defines metrics that are read, not written: each is filled from where its number already is at
 * the moment of a scrape, and costs nothing between two.
 */
export class Meter {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: string, help: string, read: Reading): void {
    this.counters(name, help, [], () => sample(read()));
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
        if (labelNames.length === 0) this.remove(); // reset() says 0 of what has no labels
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  gauge(name: string, help: string, read: Reading): void {
    this.gauges(name, help, [], () => sample(read()));
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
        if (labelNames.length === 0) this.remove(); // reset() says 0 of what has no labels
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }

  #shape<L extends string>(name: string, help: string, labelNames: readonly L[]) {
    return { name, help, labelNames, registers: [this.#registry] };
  }
}

function sample(value: number | undefined): Series<never> {
  return value === undefined ? [] : [[{}, value]];
}
