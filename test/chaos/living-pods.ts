import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createPod } from '../support/cluster-objects.ts';
import { hexId } from '../support/realistic-pod.ts';
import type { PlannedPod } from './plan-pods.ts';

/** A pod of the plan that is, or was, at the API server. */
export interface LivingPod {
  readonly namespace: string;
  readonly name: string;
  /** As its Events refer to it: of a static pod the hash of its manifest. */
  readonly uid: string;
  readonly containers: readonly { readonly name: string; readonly id: string }[];
  /** Before the agent was. */
  readonly isSteady: boolean;
  /** When it was all there, on `performance.now()`. */
  readonly sinceMs: number;
  isDeleted: boolean;
}

const BALLAST_BYTES = 1_000_000;
const RETRY_MS = 200;

/** The pods of a plan at the API server, as people, controllers and the kubelet make them. */
export class LivingPods {
  readonly #cluster: ControlPlane;
  readonly #node: string;
  readonly #seed: number;
  readonly #planned: readonly PlannedPod[];
  readonly #made = new Map<number, Promise<LivingPod>>();

  constructor(
    cluster: ControlPlane,
    node: string,
    plan: { readonly seed: number; readonly pods: readonly PlannedPod[] },
  ) {
    this.#cluster = cluster;
    this.#node = node;
    this.#seed = plan.seed;
    this.#planned = plan.pods;
  }

  /** The pod at this place of the plan, once it is there. */
  async at(index: number): Promise<LivingPod> {
    return this.#made.get(index) ?? this.create(index);
  }

  async create(index: number): Promise<LivingPod> {
    const making = this.#create(index);
    this.#made.set(index, making);
    return making;
  }

  async delete(index: number): Promise<void> {
    const pod = await this.at(index);
    pod.isDeleted = true;
    const now = ['--force', '--grace-period=0', '--wait=false', '--ignore-not-found'];
    await this.#cluster.kubectl(['delete', 'pod', pod.name, '-n', pod.namespace, ...now]);
  }

  async #create(index: number): Promise<LivingPod> {
    const planned = this.#planned[index];
    if (planned === undefined) throw new Error(`the plan has no pod ${index}`);
    const { namespace, name, kind } = planned;
    const hash = hexId(`${this.#seed}/${namespace}/${name}`).slice(0, 32);
    const claimed = await this.#claimedBy(planned);
    const claim = kind === 'static' ? hash : claimed?.uid;
    const containers = planned.containers.map((container) => ({
      name: container,
      id: hexId(`${this.#seed}/${index}/${container}`),
    }));
    const uid = await this.#whenNameIsFree(() =>
      createPod(this.#cluster, {
        name,
        namespace,
        node: this.#node,
        containers,
        hasStatus: kind !== 'claim',
        ...(claim !== undefined && { annotations: mirrorOf(claim) }),
        ...(kind === 'huge' && { ballastBytes: BALLAST_BYTES }),
      }),
    );
    return {
      namespace,
      name,
      uid: claim ?? uid,
      containers,
      isSteady: planned.atMs === 0,
      sinceMs: performance.now(),
      isDeleted: false,
    };
  }

  async #claimedBy({ claims }: PlannedPod): Promise<LivingPod | undefined> {
    return claims === undefined ? undefined : this.at(claims);
  }

  /** The one before it, of the same name, may still be there. */
  async #whenNameIsFree<T>(create: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await create();
      } catch (err) {
        if (!String(err).includes('AlreadyExists')) throw err;
        await delay(RETRY_MS);
      }
    }
  }
}

function mirrorOf(uid: string): Record<string, string> {
  return { 'kubernetes.io/config.hash': uid, 'kubernetes.io/config.mirror': uid };
}
