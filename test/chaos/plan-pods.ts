import { Dice } from './dice.ts';

/**
 * `static` has a mirror; `claim` says that it is the mirror of another one's; `idle` nobody is killed
 * in; `huge` is as large as etcd takes.
 */
export type PodKind = 'plain' | 'static' | 'claim' | 'idle' | 'huge';

export interface PlannedPod {
  readonly name: string;
  readonly namespace: string;
  readonly kind: PodKind;
  /** 0: before the agent. */
  readonly atMs: number;
  /** When it is deleted; absent where it stays. */
  readonly endMs?: number;
  /** Of a claim: which of the pods it says it is. */
  readonly claims?: number;
  readonly containers: readonly string[];
}

const CONTAINERS = ['app', 'sidecar'];
const FIRST_MS = 3000;

/** Those that are always there come first; then those that come and go, often with a name used before. */
export function planPods(seed: number, forMs: number): PlannedPod[] {
  const dice = new Dice(seed, 'pods');
  const pods = steadyPods();
  let atMs = FIRST_MS;
  for (let n = 0; atMs < forMs - FIRST_MS; n += 1) {
    const kind = dice.weigh({ plain: 5, huge: 1, claim: 1 });
    const endMs = atMs + dice.between(500, 20_000);
    const pod = latePod(`late-${n}`, kind, atMs, dice.chance(0.7) ? endMs : undefined);
    pods.push(pod);
    if (pod.endMs !== undefined && dice.chance(0.6)) pods.push(recreated(pod, dice));
    atMs += dice.between(2000, 12_000);
  }
  return pods.filter((pod) => pod.atMs < forMs);
}

function steadyPods(): PlannedPod[] {
  const common = { namespace: 'chaos', atMs: 0, containers: CONTAINERS };
  const plain = Array.from({ length: 6 }, (_, n) => `web-${n}`);
  return [
    ...plain.map((name): PlannedPod => ({ ...common, name, kind: 'plain' })),
    { ...common, name: 'etcd', namespace: 'kube-system', kind: 'static', containers: ['etcd'] },
    { ...common, name: 'huge', kind: 'huge' },
    { ...common, name: 'idle', kind: 'idle' },
    {
      ...common,
      name: 'etcd',
      namespace: 'tenant',
      kind: 'claim',
      claims: 6,
      containers: ['etcd'],
    },
    { ...common, name: 'web-0', namespace: 'tenant', kind: 'claim', claims: 0 },
  ];
}

function latePod(name: string, kind: PodKind, atMs: number, endMs?: number): PlannedPod {
  return {
    name,
    namespace: kind === 'claim' ? 'tenant' : 'chaos',
    kind,
    atMs,
    ...(endMs !== undefined && { endMs }),
    ...(kind === 'claim' && { claims: 1 }),
    containers: CONTAINERS,
  };
}

/** Under the same name, as a StatefulSet makes them: another pod. */
function recreated({ endMs = 0, ...pod }: PlannedPod, dice: Dice): PlannedPod {
  return { ...pod, atMs: endMs + dice.between(50, 3000) };
}
