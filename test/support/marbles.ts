import { expect } from 'vitest';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';

/** Runs marble assertions in virtual time: one dash is one millisecond. */
export function marbles(run: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run);
}
