/** One entry as the store keeps it; without a value the entry is gone. */
export interface Row<V> {
  readonly key: string;
  /** Plain JSON. */
  readonly value: V | undefined;
  /** Its place: entries sorted by `order` stand as they stood. */
  readonly order: number;
}

/**
 * A map in an order of its own that knows what changed since the store last asked, so that a
 * decision costs the rows it touched and never a copy of the whole.
 *
 * Should nobody ever ask, the list of changes is no longer than the map: an entry that came and
 * went between two questions is no change.
 */
export class RowMap<V> {
  readonly #slots = new Map<string, { readonly value: V; readonly order: number }>();
  readonly #changed = new Set<string>();
  readonly #stored = new Set<string>();
  #lastOrder = 0;

  constructor(rows: readonly Row<V>[] = []) {
    for (const { key, value, order } of rows.toSorted((a, b) => a.order - b.order)) {
      if (value === undefined) continue;
      this.#slots.set(key, { value, order });
      this.#stored.add(key);
      this.#lastOrder = order;
    }
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): V | undefined {
    return this.#slots.get(key)?.value;
  }

  /** The place of an entry among the others; `undefined` when there is none. */
  orderOf(key: string): number | undefined {
    return this.#slots.get(key)?.order;
  }

  /** Key and value of every entry, the first in order first. */
  *entries(): Generator<readonly [key: string, value: V]> {
    for (const [key, { value }] of this.#slots) yield [key, value];
  }

  /** Puts an entry at the end, wherever it stood before. */
  append(key: string, value: V): void {
    this.#lastOrder += 1;
    this.#slots.delete(key);
    this.#slots.set(key, { value, order: this.#lastOrder });
    this.#changed.add(key);
  }

  /** Gives an entry a new value where it stands; a new one goes to the end. */
  replace(key: string, value: V): void {
    const before = this.#slots.get(key);
    if (before === undefined) return this.append(key, value);
    this.#slots.set(key, { value, order: before.order });
    this.#changed.add(key);
  }

  delete(key: string): void {
    this.#slots.delete(key);
    if (this.#stored.has(key)) this.#changed.add(key);
    else this.#changed.delete(key);
  }

  /** The rows to write so that the store equals this map; they count as written from now on. */
  takeChanges(): Row<V>[] {
    const rows: Row<V>[] = [];
    for (const key of this.#changed) {
      const slot = this.#slots.get(key);
      if (slot === undefined) this.#stored.delete(key);
      else this.#stored.add(key);
      rows.push({ key, value: slot?.value, order: slot?.order ?? 0 });
    }
    this.#changed.clear();
    return rows;
  }
}
