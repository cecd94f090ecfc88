import { Dice } from './dice.ts';
import type { PlannedPod } from './plan-pods.ts';

/**
 * `told` with its context; `group` all processes of a container; `withheld` the kill line alone;
 * `system` the whole node was short of memory; `nested` in a cgroup that the container made and named
 * like another pod's; `stranger` of a pod that nobody knows; `forged` a process wrote the lines.
 */
export type KillKind = 'told' | 'group' | 'withheld' | 'system' | 'nested' | 'stranger' | 'forged';

export interface PlannedKill {
  readonly atMs: number;
  readonly how: KillKind;
  /** Index of the pod, and of its container. */
  readonly pod: number;
  readonly container: number;
}

const WEIGHTS = { told: 60, group: 12, withheld: 7, system: 4, nested: 7, stranger: 5, forged: 5 };
/** In these all the time, so that their Events are combined and held. */
const HOT_PODS = 2;
const GOING_ON_MS = 1000;

/** Bursts and pauses, in pods that are there, have just come or are just gone. */
export function planKills(seed: number, forMs: number, pods: readonly PlannedPod[]): PlannedKill[] {
  const dice = new Dice(seed, 'kills');
  const kills: PlannedKill[] = [];
  for (let atMs = gapMs(dice); atMs < forMs; atMs += gapMs(dice)) {
    const pod = choosePod(dice, pods, atMs);
    const { containers, endMs, atMs: since } = pods[pod] ?? { containers: [], atMs: 0 };
    const isSteady = since === 0 && endMs === undefined;
    const how = dice.weigh({ ...WEIGHTS, system: isSteady ? WEIGHTS.system : 0 });
    kills.push({ atMs, how, pod, container: dice.between(0, containers.length) });
  }
  return kills;
}

function gapMs(dice: Dice): number {
  return dice.chance(0.4) ? dice.between(0, 40) : dice.between(50, 800);
}

function choosePod(dice: Dice, pods: readonly PlannedPod[], atMs: number): number {
  if (dice.chance(0.3)) return dice.between(0, HOT_PODS);
  const there = pods.flatMap(({ kind, atMs: fromMs, endMs = Infinity }, n) =>
    kind !== 'idle' && kind !== 'claim' && fromMs <= atMs && atMs < endMs + GOING_ON_MS ? [n] : [],
  );
  return dice.pick([0, ...there]);
}
