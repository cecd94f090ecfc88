import type { V1Pod } from '@kubernetes/client-node';
import { podsOf } from '../look/cluster-view.ts';
import type { KernelSpan } from '../look/kernel-span.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import { gatesOf, type PodPlan, podManifest } from './pods.ts';
import { type ContainerProcess, listProcesses, statusesOf } from '../look/processes.ts';
import { until } from './until.ts';

/** Twenty pods take an emulated node minutes. */
const START_LIMIT_MS = 600_000;
/** The controller manager makes a namespace's ServiceAccount when it comes to it. */
const NAMESPACE_LIMIT_MS = 60_000;

/** Where a row plays: a namespace of its own on the node, and what can be done in it. */
export class Scene {
  readonly node: NodeUnderTest;
  readonly namespace: string;
  readonly isSingleProcess: boolean;
  readonly #kernel: KernelSpan;
  readonly #deferred: (() => Promise<unknown>)[] = [];
  #processes: readonly ContainerProcess[] = [];

  constructor(
    node: NodeUnderTest,
    namespace: string,
    kernel: KernelSpan,
    isSingleProcess: boolean,
  ) {
    this.node = node;
    this.namespace = namespace;
    this.#kernel = kernel;
    this.isSingleProcess = isSingleProcess;
  }

  /** Who was in the containers before anybody was let die. */
  get processes(): readonly ContainerProcess[] {
    return this.#processes;
  }

  async open(): Promise<void> {
    await until('the end of an earlier run’s namespace', NAMESPACE_LIMIT_MS, async () => {
      const left = await this.node.kubectl(['get', 'ns', this.namespace, '--ignore-not-found']);
      return left === '' ? true : undefined;
    });
    await this.node.kubectl(['create', 'namespace', this.namespace]);
    await until('a ServiceAccount for the namespace', NAMESPACE_LIMIT_MS, async () =>
      (await this.kubectl('get', 'serviceaccounts', '-o', 'name')) === '' ? undefined : true,
    );
  }

  /** Something to put right when the row is over, however it ends. */
  defer(undo: () => Promise<unknown>): void {
    this.#deferred.push(undo);
  }

  async close(): Promise<void> {
    for (const undo of this.#deferred.toReversed()) await undo();
    await this.node.kubectl(['delete', 'namespace', this.namespace, '--wait=false']);
    await this.node.shell(`rm -rf ${gatesOf(this.namespace)}`);
  }

  /** kubectl in the row's namespace. */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.node.kubectl(['-n', this.namespace, ...args]);
  }

  pods(): Promise<readonly V1Pod[]> {
    return podsOf(this.node, this.namespace);
  }

  async pod(name: string): Promise<V1Pod> {
    return JSON.parse(await this.kubectl('get', 'pod', name, '-o', 'json'));
  }

  /** Creates pods, with the gates their scripts wait at. */
  async create(...plans: readonly PodPlan[]): Promise<void> {
    const items = plans.map((plan) => podManifest(plan, this.namespace));
    await this.makeGates(...(JSON.stringify(items).match(/(?<=\/gates\/)[\w-]+/g) ?? []));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await this.node.kubectl(['create', '-f', '-'], { input });
  }

  /** The directory that the pods mount, and gates in it. */
  async makeGates(...gates: readonly string[]): Promise<void> {
    const directory = gatesOf(this.namespace);
    const make = gates.map((gate) => `[ -p ${gate} ] || mkfifo -m 666 ${gate}`);
    await this.node.shell([`mkdir -p ${directory} && cd ${directory}`, ...make].join('\n'));
  }

  /** Creates pods that live, and waits until every process of theirs is there, and known. */
  async start(...plans: readonly PodPlan[]): Promise<void> {
    await this.create(...plans);
    await until('the pods running', START_LIMIT_MS, async () => {
      const pods = await this.pods();
      const isThere = ({ status }: V1Pod): boolean => status?.phase === 'Running';
      if (
        !plans.every(({ name }) => pods.some((pod) => pod.metadata?.name === name && isThere(pod)))
      )
        return undefined;
      return (await this.#arePeopled(plans, pods)) ? true : undefined;
    });
  }

  /** Lets everybody go on who waits at these gates. Again and again for a while: some may come late. */
  async release(...gates: readonly string[]): Promise<void> {
    const directory = gatesOf(this.namespace);
    const open = (gates.length === 0 ? ['go'] : gates).map((gate) => `: <>${directory}/${gate}`);
    await this.node.shell(`for i in 1 2 3 4; do ${open.join('; ')}; sleep 0.2; done`);
  }

  /** Waits for a container that a status shows to be as it should. */
  async untilContainer(
    pod: string,
    container: string,
    is: (status: ReturnType<typeof statusesOf>[number]) => boolean,
  ): Promise<void> {
    await until(`container ${container} of pod ${pod}`, START_LIMIT_MS, async () => {
      const found = statusesOf(await this.pod(pod)).find(({ name }) => name === container);
      return found !== undefined && is(found) ? true : undefined;
    });
  }

  /** Lists the processes anew, after some were moved or added. */
  async look(): Promise<void> {
    this.#processes = await listProcesses(this.node, await this.pods());
  }

  async reboot(): Promise<void> {
    await this.#kernel.reboot();
  }

  async #arePeopled(plans: readonly PodPlan[], pods: readonly V1Pod[]): Promise<boolean> {
    const found = await listProcesses(this.node, pods);
    this.#processes = found;
    return plans.every((plan) =>
      [...plan.containers, ...(plan.sidecars ?? [])].every(
        ({ name = 'app', processes = 1 }) =>
          found.filter((one) => one.pod === plan.name && one.container === name).length >=
          processes,
      ),
    );
  }
}
