/**
 * Chance that a seed repeats. Of our own and not a library's: what a kept seed means must not change
 * with somebody's next version.
 */
export class Dice {
  #state: number;

  /** @param stream a name: each stream of a seed is independent of what others draw */
  constructor(seed: number, stream: string) {
    this.#state = [...stream].reduce((sum, letter) => mix(sum ^ letter.charCodeAt(0)), mix(seed));
  }

  /** In [0, 1). */
  readonly next = (): number => {
    this.#state = (this.#state + GOLDEN) >>> 0;
    return mix(this.#state) / 2 ** 32;
  };

  /** A whole number in [from, to). */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.between(0, from.length)] ?? from[0];
  }

  /** One of the keys, by their weights. */
  weigh<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries<number>(weights) as [T, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    const [found] = entries.find(([, weight]) => (left -= weight) < 0) ?? entries[0] ?? [];
    return found as T;
  }
}

const GOLDEN = 0x6d2b79f5;

/**
 * Mulberry32's output function: 32 bits to 32 bits.
 *
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
function mix(value: number): number {
  let bits = Math.imul(value ^ (value >>> 15), value | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return (bits ^ (bits >>> 14)) >>> 0;
}
