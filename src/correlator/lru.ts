import type { RowMap } from './row-map.ts';

/**
 * The least-recently-used cache that bounds every map of the correlator.
 *
 * client-go's `lru.Cache.Get` counts as a use; here only `set` does, because each of the three
 * users there follows every `Get` by an `Add` of the same key.
 *
 * @see k8s.io/utils/lru Cache.Add, Cache.Get (a fork of golang/groupcache/lru)
 */
export class Lru<V> {
  readonly #maxEntries: number;
  readonly #rows: RowMap<V>;
  readonly #onEvicted: ((key: string) => void) | undefined;

  /** `onEvicted` is k8s.io/utils/lru's `EvictionFunc`. */
  constructor(maxEntries: number, rows: RowMap<V>, onEvicted?: (key: string) => void) {
    this.#maxEntries = maxEntries;
    this.#rows = rows;
    this.#onEvicted = onEvicted;
  }

  /** Looks without counting as a use. */
  get(key: string): V | undefined {
    return this.#rows.get(key);
  }

  /** Makes this the most recently used entry. The least recently used one pays for the space. */
  set(key: string, value: V): void {
    this.#rows.append(key, value);
    for (const [oldest] of this.#rows.entries()) {
      if (this.#rows.size <= this.#maxEntries) return;
      this.#rows.delete(oldest);
      this.#onEvicted?.(oldest);
    }
  }
}
