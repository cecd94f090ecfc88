import type { AggregateRecord } from './aggregate-events.ts';
import type { Observation } from './count-events.ts';
import type { HeldEvent } from './held-events.ts';
import type { ClockState } from './kill-clock.ts';
import { type Row, RowMap } from './row-map.ts';
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

/** All that a correlator remembers, each kind in a map of its own. */
export type StateMaps = { readonly [Kind in StateKind]: RowMap<StateValues[Kind]> };

export function mapsOf(rows: readonly StateRow[]): StateMaps {
  return {
    aggregate: new RowMap(rows.filter((row) => row.kind === 'aggregate')),
    observation: new RowMap(rows.filter((row) => row.kind === 'observation')),
    bucket: new RowMap(rows.filter((row) => row.kind === 'bucket')),
    held: new RowMap(rows.filter((row) => row.kind === 'held')),
    clock: new RowMap(rows.filter((row) => row.kind === 'clock')),
  };
}

/** The rows to write so that the store equals these maps. */
export function changesOf(maps: StateMaps): StateRow[] {
  return Object.entries(maps).flatMap(([kind, map]) =>
    map.takeChanges().map((row) => ({ kind, ...row }) as StateRow),
  );
}
