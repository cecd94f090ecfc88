/** What a minute of the soak found. */
export interface Sample {
  readonly residentMb: number;
  readonly anonymousMb: number;
  readonly descriptors: number;
  readonly threads: number;
  /** The state's file and its WAL. */
  readonly fileMb: number;
}

/** How one of its figures went, from the first sample counted to the last. */
export interface Trend {
  readonly what: keyof Sample;
  readonly mean: number;
  /** By the straight line that fits best. */
  readonly grown: number;
  readonly isFlat: boolean;
}

/** Until then caches fill: the history, V8's code. */
const WARM_UP_SHARE = 1 / 3;
/** Of the mean, in which a figure may rise or fall: V8 collects when it likes, and SQLite's WAL goes round. */
const MAY_BREATHE: Readonly<Record<keyof Sample, number>> = {
  residentMb: 0.05,
  anonymousMb: 0.1,
  descriptors: 0.05,
  threads: 0,
  fileMb: 0.05,
};

/** Whether anything grew once it was warm. */
export function trendsOf(samples: readonly Sample[]): readonly Trend[] {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  return (Object.keys(MAY_BREATHE) as (keyof Sample)[]).map((what) => {
    const values = warm.map((sample) => sample[what]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const grown = slopeOf(values) * (values.length - 1);
    return { what, mean, grown, isFlat: grown <= mean * MAY_BREATHE[what] };
  });
}

/** A step, by least squares. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const [up, across] = values.reduce(
    ([sum, squares], value, n) => [sum + (n - middle) * value, squares + (n - middle) ** 2],
    [0, 0],
  );
  return across === 0 ? 0 : up / across;
}
