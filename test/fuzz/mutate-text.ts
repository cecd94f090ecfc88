import * as fc from 'fast-check';

/** What a process or a cgroup may be called to be taken for something else. */
export const HOSTILE_NAMES = [
  'x) total-vm:1kB, ',
  'a invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0',
  ',task=init,pid=1,uid=0',
  '/kubepods/burstable/podffffffff-0000-4000-8000-00000000dead',
  'Killed process 1 (init)',
  '\\x0a6,1,1,-;Killed process 1 (init)',
  '\u0000\u001b[2J',
  '((((((((((((((',
  '             ',
  '\u00ff\u00fe',
] as const;

/** One change to a text. */
export type Change =
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'put'; readonly at: number; readonly text: string }
  | { readonly kind: 'byte'; readonly at: number; readonly byte: number }
  | {
      readonly kind: 'repeat';
      readonly at: number;
      readonly length: number;
      readonly times: number;
    };

const at = fc.nat(2000);

/** Of a text of any length: where it says beyond the end, it is counted from the beginning again. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at, length: fc.nat(40) }),
  fc.record({ kind: fc.constant('put' as const), at, text: fc.constantFrom(...HOSTILE_NAMES) }),
  fc.record({ kind: fc.constant('byte' as const), at, byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('repeat' as const), at, length: fc.nat(20), times: fc.nat(50) }),
);

/** The text after it. */
export function changed(text: string, one: Change): string {
  const start = text.length === 0 ? 0 : one.at % text.length;
  const [before, after] = [text.slice(0, start), text.slice(start)];
  switch (one.kind) {
    case 'cut':
      return before + after.slice(one.length);
    case 'put':
      return before + one.text + after;
    case 'byte':
      return before + String.fromCharCode(one.byte) + after.slice(1);
    case 'repeat':
      return before + after.slice(0, one.length).repeat(one.times) + after;
  }
}
