import { Dice } from './dice.ts';

/** What the proxy does to a request instead of passing it on. */
export const WHIMS = [
  'too-many',
  'server-error',
  'forbidden',
  'html',
  'unauthorized',
  'gone',
  'reset',
  'answer-lost',
  'half',
  'cut-short',
  'stall',
  'late',
  'never',
] as const;
export type Whim = (typeof WHIMS)[number];

interface Timed {
  /** Troubles of one lane come one after the other; of several, at once. */
  readonly lane: 'network' | 'process' | 'resources' | 'clock';
  readonly atMs: number;
  readonly forMs: number;
}

export type Trouble = Timed &
  (
    | { readonly kind: 'answers'; readonly share: number; readonly whims: readonly Whim[] }
    | { readonly kind: 'wrong-certificate' | 'no-connection' | 'hang-up' }
    | { readonly kind: 'stop' | 'kill' | 'term' | 'throttle' }
    | { readonly kind: 'descriptors' | 'disk-full' }
    | { readonly kind: 'clock'; readonly aheadMs: number }
  );

type What = Omit<Trouble, 'lane' | 'atMs' | 'forMs'> & Pick<Trouble, 'kind'>;

const MINUTE_MS = 60_000;
/**
 * No further than 3 h either way: an Event waits for a day at most. Around the minute after which a
 * disk is tried again, the token of 5 minutes and the group of 10.
 */
const CLOCKS_MS = [
  -180 * MINUTE_MS,
  -MINUTE_MS,
  -1000,
  0,
  1000,
  61_000,
  301_000,
  11 * MINUTE_MS,
  180 * MINUTE_MS,
] as const;

/** What goes wrong around the agent and with it, in four lanes. */
export function planTroubles(seed: number, forMs: number): Trouble[] {
  return [
    ...lane('network', [300, 4000], [500, 8000], networkTrouble),
    ...lane('process', [800, 7000], [50, 6000], (dice) => ({
      kind: dice.weigh({ stop: 3, kill: 4, term: 1, throttle: 2 }),
    })),
    ...lane('resources', [4000, 20_000], [2000, 9000], (dice) => ({
      kind: dice.weigh({ descriptors: 2, 'disk-full': 1 }),
    })),
    ...lane('clock', [4000, 20_000], [0, 1], (dice) => ({
      kind: 'clock',
      aheadMs: dice.pick([...CLOCKS_MS]),
    })),
  ];

  type Range = readonly [number, number];
  function lane(name: Timed['lane'], gap: Range, length: Range, what: (dice: Dice) => What) {
    const dice = new Dice(seed, name);
    const troubles: Trouble[] = [];
    let atMs = dice.between(...gap);
    while (atMs < forMs) {
      const lengthMs = Math.min(dice.between(...length), forMs - atMs);
      troubles.push({ lane: name, atMs, forMs: lengthMs, ...what(dice) } as Trouble);
      atMs += lengthMs + dice.between(...gap);
    }
    return troubles;
  }
}

function networkTrouble(dice: Dice): What {
  const kind = dice.weigh({ answers: 7, 'wrong-certificate': 1, 'no-connection': 1, 'hang-up': 1 });
  if (kind !== 'answers') return { kind };
  const count = dice.weigh({ 1: 3, 2: 2, 4: 1 });
  const whims = Array.from({ length: Number(count) }, () => dice.pick([...WHIMS]));
  return { kind, share: dice.pick([0.3, 0.6, 1]), whims } as What;
}
