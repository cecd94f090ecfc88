import * as fc from 'fast-check';
import { parseRecord } from '../../src/kmsg/record.ts';
import { readRecording, recordingNames } from '../support/recordings.ts';
import { type Change, change, changed } from './mutate-text.ts';

const RECORDINGS = recordingNames.map((name) =>
  readRecording(name).map((bytes) => bytes.toString('latin1')),
);

/** One change to a log: to a record in it, or to which records there are. */
type LogChange =
  | { readonly kind: 'text'; readonly at: number; readonly change: Change }
  | { readonly kind: 'drop' | 'double' | 'swap'; readonly at: number }
  | { readonly kind: 'split'; readonly at: number; readonly share: number }
  | { readonly kind: 'facility'; readonly at: number; readonly facility: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number };

const at = fc.nat(60);
const logChange: fc.Arbitrary<LogChange> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('text' as const), at, change }) },
  fc.record({ kind: fc.constantFrom('drop' as const, 'double' as const, 'swap' as const), at }),
  fc.record({ kind: fc.constant('split' as const), at, share: fc.nat(100) }),
  fc.record({ kind: fc.constant('facility' as const), at, facility: fc.nat(23) }),
  fc.record({ kind: fc.constant('splice' as const), at, from: fc.nat(100_000) }),
);

/** A part of a recording, what happened to it, and at which pace it was printed. */
export const changedLog = fc.record({
  recording: fc.nat(RECORDINGS.length - 1),
  start: fc.nat(100_000),
  length: fc.integer({ min: 1, max: 60 }),
  changes: fc.array(logChange, { maxLength: 8 }),
  renumbered: fc.boolean(),
  paceUs: fc.constantFrom(0, 0, 1_000, 30_000, 1_000_000),
});
export type ChangedLog = typeof changedLog extends fc.Arbitrary<infer T> ? T : never;

const NUMBERS = /^(?<prefix>\d+),\d+,\d+/;

/** What each read of it returns; the kernel numbers upwards, and what was dropped is a gap, unless nobody noticed. */
export function readsOf(log: ChangedLog): readonly Buffer[] {
  const { recording, start, length, changes, renumbered, paceUs } = log;
  const whole = RECORDINGS[recording] ?? [];
  const from = start % whole.length;
  const texts = changes.reduce(applyTo, whole.slice(from, from + length));
  let sequence = -1;
  return texts.map((text, index) => {
    const record = parseRecord(Buffer.from(text, 'latin1'), { readAtMs: 0, live: false });
    if (record === undefined) return Buffer.from(text, 'latin1');
    sequence = renumbered ? sequence + 1 : Math.max(sequence + 1, record.sequence);
    const us = record.monotonicUs + index * paceUs;
    return Buffer.from(text.replace(NUMBERS, `$<prefix>,${sequence},${us}`), 'latin1');
  });
}

function applyTo(texts: readonly string[], one: LogChange): readonly string[] {
  if (texts.length === 0) return texts;
  const index = one.at % texts.length;
  const text = texts[index] ?? '';
  const put = (...instead: readonly string[]): readonly string[] => [
    ...texts.slice(0, index),
    ...instead,
    ...texts.slice(index + 1),
  ];
  switch (one.kind) {
    case 'text':
      return put(changed(text, one.change));
    case 'drop':
      return put();
    case 'double':
      return put(text, text);
    case 'swap':
      return [...put(), text];
    case 'split':
      return put(...split(text, one.share));
    case 'facility':
      return put(text.replace(/^\d+/, String(one.facility * 8 + 6)));
    case 'splice': {
      const other = RECORDINGS[one.from % RECORDINGS.length] ?? [];
      return put(text, other[one.from % other.length] ?? '');
    }
  }
}

/** As the kernel does where another CPU prints meanwhile. */
function split(text: string, share: number): readonly string[] {
  const begin = text.indexOf(';') + 1;
  const head = text.slice(0, begin).replace(/,-(?=[,;])/, ',c');
  const cut = begin + Math.floor(((text.length - begin) * share) / 100);
  return [`${text.slice(0, cut)}\n`.replace(text.slice(0, begin), head), head + text.slice(cut)];
}
