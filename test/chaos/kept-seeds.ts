/** A seed that found something, and for how long it must be played. */
export interface KeptSeed {
  readonly seed: number;
  readonly seconds: number;
  readonly found: string;
}

/** They are played for ever. */
export const KEPT_SEEDS: readonly KeptSeed[] = [
  {
    seed: 4,
    seconds: 60,
    found:
      'a pod that came and went while nobody could list it had named its cgroups like another pod’s, which got the Event',
  },
];
