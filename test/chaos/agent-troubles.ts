import { setTimeout as delay } from 'node:timers/promises';
import type { MountedDisk } from '../support/mounted-disk.ts';
import { type AgentUnderTest, REGAIN_MS } from './agent-under-test.ts';
import type { FakeNode } from './fake-node.ts';
import type { Trouble } from './plan-troubles.ts';

/** What happens to the agent beside what the network does. */
export class AgentTroubles {
  readonly #agent: AgentUnderTest;
  readonly #node: FakeNode;
  readonly #disk: MountedDisk | undefined;
  /** Who stops it, kills it or throttles it waits for whoever did so before. */
  #turn: Promise<void> = Promise.resolve();

  /** @param disk its state's; without one it is never full */
  constructor(agent: AgentUnderTest, node: FakeNode, disk: MountedDisk | undefined) {
    this.#agent = agent;
    this.#node = node;
    this.#disk = disk;
  }

  /** Resolves when this trouble is over. */
  async suffer(trouble: Trouble): Promise<void> {
    const { kind, lane, forMs } = trouble;
    if (lane === 'process') {
      this.#turn = this.#turn.then(() => this.#halt(kind, forMs));
      await this.#turn;
    }
    if (kind === 'clock') this.#node.setClock(trouble.aheadMs);
    if (kind === 'descriptors') await this.#lackDescriptors(forMs);
    if (kind === 'disk-full') await this.#lackRoom(forMs);
  }

  async #halt(kind: Trouble['kind'], forMs: number): Promise<void> {
    if (kind === 'kill') return this.#agent.restart('SIGKILL', forMs);
    if (kind === 'term') return this.#agent.restart('SIGTERM', forMs);
    const { current } = this.#agent;
    if (kind === 'throttle') current?.throttle(true);
    else current?.signal('SIGSTOP');
    await delay(forMs);
    current?.throttle(false);
  }

  /** One that starts without a descriptor for its state would go on without it. */
  async #lackDescriptors(forMs: number): Promise<void> {
    const { current } = this.#agent;
    await current?.reads;
    current?.limitDescriptors(true);
    await delay(forMs);
    current?.limitDescriptors(false);
  }

  async #lackRoom(forMs: number): Promise<void> {
    const free = this.#disk?.fillUp();
    await delay(forMs);
    free?.();
    this.#node.letTimePass(REGAIN_MS);
  }
}
