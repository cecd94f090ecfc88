import { planKills, type PlannedKill } from './plan-kills.ts';
import { planPods, type PlannedPod } from './plan-pods.ts';
import { planTroubles, type Trouble } from './plan-troubles.ts';

/** Everything that happens in a run, and when: ms since it began. */
export interface Plan {
  readonly seed: number;
  readonly forMs: number;
  readonly pods: readonly PlannedPod[];
  readonly kills: readonly PlannedKill[];
  readonly troubles: readonly Trouble[];
}

/** A function of its arguments: the same seed is the same plan, for ever and everywhere. */
export function planOf(seed: number, forMs: number): Plan {
  const pods = planPods(seed, forMs);
  const kills = planKills(seed, forMs, pods);
  return { seed, forMs, pods, kills, troubles: planTroubles(seed, forMs) };
}

/** A line for each kind of thing, for people who read why a run failed. */
export function describePlan({ seed, forMs, pods, kills, troubles }: Plan): string {
  const late = pods.filter(({ atMs }) => atMs > 0);
  return [
    `seed ${seed}, ${forMs / 1000} s`,
    `kills: ${tally(kills.map(({ how }) => how))}`,
    `pods: ${tally(pods.map(({ kind }) => kind))}; later: ${late.map(lifeOf).join(' ')}`,
    ...lanes(troubles).map(([lane, all]) => `${lane}: ${all.map(troubleText).join(' ')}`),
  ].join('\n');
}

function lifeOf({ name, kind, atMs, endMs }: PlannedPod): string {
  const size = kind === 'huge' ? '(huge)' : '';
  return `${name}${size}@${seconds(atMs)}-${endMs === undefined ? '' : seconds(endMs)}`;
}

function troubleText({ atMs, forMs, kind, ...more }: Trouble): string {
  const how = 'whims' in more ? `[${Math.round(more.share * 100)}% ${more.whims.join()}]` : '';
  const to = 'aheadMs' in more ? `[${seconds(more.aheadMs)}]` : '';
  return `${kind}${how}${to}@${seconds(atMs)}+${seconds(forMs)}`;
}

function lanes(troubles: readonly Trouble[]): [string, Trouble[]][] {
  return [...Map.groupBy(troubles, ({ lane }) => lane)];
}

function tally(words: readonly string[]): string {
  const groups = [...Map.groupBy(words, (word) => word)];
  return groups.map(([word, all]) => `${all.length} ${word}`).join(', ');
}

function seconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}
