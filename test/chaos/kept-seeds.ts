/** Seeds that found something: they are played for ever, in as many seconds as it took. */
export const KEPT_SEEDS: readonly KeptSeed[] = [];

export interface KeptSeed {
  readonly seed: number;
  readonly seconds: number;
  readonly found: string;
}
