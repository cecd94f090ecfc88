import { readFileSync } from 'node:fs';
import { EMPTY, filter, type Observable, startWith } from 'rxjs';
import type { Edge } from '../edge.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { ApiError } from '../kube/api-errors.ts';
import type { NodeIdentity } from '../kube/node-identity.ts';
import type { Logger } from '../logger.ts';
import { kubePods } from '../reflector/kube-pods.ts';
import { LiveAttributor } from '../pods/live-attributor.ts';
import { LiveDirectory } from '../reflector/live-directory.ts';
import type { PodDirectory, PodEntry } from '../pods/pod-directory.ts';
import { NO_PODS, readPodsFile } from '../pods/pods-file.ts';
import type { ReflectorState } from '../reflector/reflector-step.ts';
import { reportWatch } from '../reflector/watch-report.ts';
import { attributeBy, type Attributor } from '../recorder/attributor.ts';
import type { StateStore } from '../store/state-store.ts';
import { savePods } from './save-pods.ts';

export interface PodsOptions {
  readonly client: ApiClient | undefined;
  readonly node: NodeIdentity;
  /** Of a `--pods` file, where there is no cluster. */
  readonly listed: PodDirectory;
  readonly store: StateStore;
  readonly log: Logger;
  readonly bootId: string;
  /** Kernel log records lost so far. */
  readonly recordsLost: () => number;
}

/** Episodes of earlier processes, of which most are of pods that are still known. */
const EARLIER = 100;

/** Where the agent knows its pods from. */
export interface NodePods extends Disposable {
  readonly attributor: Attributor;
  /** `undefined` while nobody can say what is there. */
  readonly known: () => readonly PodEntry[] | undefined;
  /** Every pod that is known from before, and then each that became another; nothing without a cluster. */
  readonly changed$: Observable<PodEntry>;
  /** Of the reflector; absent without a cluster. */
  readonly watch?: () => ReflectorState;
}

/** The pods of a `--pods` file, or none. @throws PodsFileError */
export function listedPods(file: string | undefined): PodDirectory {
  return file === undefined ? NO_PODS : readPodsFile(file, (path) => readFileSync(path, 'utf8'));
}

/** From the API server, where there is one; else from the file, or from nowhere. */
export function openPods(options: PodsOptions, { clock }: Pick<Edge, 'clock'>): NodePods {
  const { client, listed, store, recordsLost } = options;
  if (client === undefined) {
    return {
      attributor: attributeBy(listed),
      known: () => undefined,
      changed$: EMPTY,
      [Symbol.dispose]: () => undefined,
    };
  }
  const directory = new LiveDirectory(() => clock.wallMs());
  directory.restore(store.containers.rows().map(({ value }) => value as PodEntry));
  const saving = savePods(directory, store, () => clock.wallMs());
  const learning = learnNode(directory, options, client);
  const reporting = reportWatch(directory.state$, options.log);
  const following = directory.follow(kubePods(client, options.node.name), { random: Math.random });
  return {
    attributor: new LiveAttributor(directory, {
      recordsLost,
      earlier: store.episodes.latestOf(options.bootId, EARLIER),
      nowMs: () => clock.wallMs(),
    }),
    known: () => (directory.state.synced ? directory.entries() : undefined),
    changed$: directory.changed$.pipe(startWith(...directory.entries())),
    watch: () => directory.state,
    [Symbol.dispose]: () =>
      [following, reporting, learning, saving].forEach((each) => each.unsubscribe()),
  };
}

/** The Node’s UID, as soon as the API server answers; once it is said where that knows no such Node. */
function learnNode(directory: LiveDirectory, { node, log }: PodsOptions, client: ApiClient) {
  let isSaid = false;
  const explain = (err: unknown): void => {
    const isUnknown = err instanceof ApiError && err.code === 'E_API_NOT_FOUND';
    if (!isUnknown) return log.warn({ err, node: node.name }, 'the node’s uid is not known');
    if (!isSaid) log.error({ node: node.name }, UNKNOWN_NODE);
    isSaid = true;
  };
  const isLive$ = directory.live$.pipe(filter((isLive) => isLive));
  return isLive$.subscribe(() => void node.learn(client).catch(explain));
}

const UNKNOWN_NODE =
  'the cluster has no Node of this name, so it has no pods for it: give --node-name as kubectl get nodes shows it';
