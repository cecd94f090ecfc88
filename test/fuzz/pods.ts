import * as fc from 'fast-check';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import { PodsFileError, readPodsFile } from '../../src/pods/pods-file.ts';
import { realisticPod } from '../support/realistic-pod.ts';
import { change, changed } from './mutate-text.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';

const LIST = { kind: 'List', apiVersion: 'v1', items: [realisticPod(1, 1), realisticPod(2, 3)] };
const TEXT = JSON.stringify(LIST);

const text = fc
  .array(change, { minLength: 1, maxLength: 6 })
  .map((all) => all.reduce(changed, TEXT));

export const podsFile: FuzzTarget = target('pods-file', text, (input) => {
  try {
    readPodsFile('pods.json', () => input).byCgroupUid('a', 'b');
  } catch (error) {
    if (!(error instanceof PodsFileError)) throw error;
  }
});

/** A pod in which anything may be where anything else is due. */
const pod = fc
  .array(fc.tuple(fc.nat(10_000), fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 8 })
  .map((swaps) => swaps.reduce(swapped, structuredClone(LIST.items[0]) as unknown));

/** Puts a value in the place of the n-th there is. */
function swapped(before: unknown, [nth, value]: readonly [number, unknown]): unknown {
  const text = JSON.stringify(before);
  const count = [...text.matchAll(/[:[,]/g)].length || 1;
  let left = nth % count;
  return JSON.parse(text, (_key, old: unknown) => (left-- === 0 ? value : old));
}

export const podObject: FuzzTarget = target('pod-object', pod, (input) => {
  toPodEntry(input);
});
