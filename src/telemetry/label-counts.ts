/** Counts by a label whose values are few and known beforehand: each is there from the start, at 0. */
export class LabelCounts<L extends string> {
  readonly #counts: Map<L, number>;

  constructor(labels: readonly L[]) {
    this.#counts = new Map(labels.map((label) => [label, 0]));
  }

  /** A label nobody announced is not counted: what a metric's series are is decided here. */
  add(label: L, by = 1): void {
    const count = this.#counts.get(label);
    if (count !== undefined) this.#counts.set(label, count + by);
  }

  entries(): Iterable<readonly [L, number]> {
    return this.#counts;
  }

  /** As a metric shows them whose label has this name. */
  by(name: string): (readonly [Readonly<Record<string, L>>, number])[] {
    return [...this.#counts].map(([label, count]) => [{ [name]: label }, count]);
  }

  toJSON(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Goes on from what `toJSON()` gave to an earlier process. */
  restore(counts: unknown): void {
    if (typeof counts !== 'object' || counts === null) return;
    for (const [label, count] of Object.entries(counts)) {
      if (Number.isFinite(count) && count >= 0) this.add(label as L, count);
    }
  }
}
