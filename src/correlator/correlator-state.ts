import type { AggregateRecord } from './aggregate-events.ts';
import type { Observation } from './count-events.ts';
import type { HeldEvent } from './held-events.ts';
import type { ClockState } from './kill-clock.ts';
import type { Row } from './row-map.ts';
import type { TokenBucket } from './token-bucket.ts';

/** What each kind of row holds. */
interface StateValues {
  readonly aggregate: AggregateRecord;
  readonly observation: Observation;
  readonly bucket: TokenBucket;
  readonly held: HeldEvent;
  readonly clock: ClockState;
}

/** The kinds of state a correlator has. */
export type StateKind = keyof StateValues;

/**
 * One row of the correlator's state. `kind` and `key` identify it, `order` sorts the rows of its
 * kind, the value is plain JSON; a row without a value is to be deleted.
 */
export type StateRow = {
  [Kind in StateKind]: { readonly kind: Kind } & Row<StateValues[Kind]>;
}[StateKind];

/** The restored rows of one kind. */
export function rowsOf<Kind extends StateKind>(
  rows: readonly StateRow[],
  kind: Kind,
): Extract<StateRow, { kind: Kind }>[] {
  return rows.filter((row): row is Extract<StateRow, { kind: Kind }> => row.kind === kind);
}

/** Says of which kind the rows are. */
export function withKind<Kind extends StateKind, V>(
  kind: Kind,
  rows: readonly Row<V>[],
): ({ readonly kind: Kind } & Row<V>)[] {
  return rows.map((row) => ({ kind, ...row }));
}
