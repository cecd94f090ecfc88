import { type KernelLog, readKernelLog, recordsAfter } from './kernel-log.ts';
import type { NodeUnderTest } from '../play/node-under-test.ts';

/** What the kernel did since a row began. */
export interface KernelFacts {
  /** By `/proc/vmstat`. */
  readonly counted: number;
  /** As `/dev/kmsg` has them. */
  readonly records: readonly string[];
  readonly log: KernelLog;
}

/** Follows the kernel through a row, and through the reboot there may be in it. */
export class KernelSpan {
  readonly #node: NodeUnderTest;
  readonly #mark: string;
  #countedAtStart: number;
  #countedBefore = 0;
  #recordsBefore: readonly string[] = [];

  private constructor(node: NodeUnderTest, mark: string, countedAtStart: number) {
    this.#node = node;
    this.#mark = mark;
    this.#countedAtStart = countedAtStart;
  }

  /** Writes the name into the log: a recording then says which row it is. */
  static async begin(node: NodeUnderTest, name: string): Promise<KernelSpan> {
    const mark = `@@SCENARIO ${name}`;
    await node.shell(`echo '${mark}' >/dev/kmsg`);
    return new KernelSpan(node, mark, await node.vmstatOomKill());
  }

  async read(): Promise<KernelFacts> {
    const counted = this.#countedBefore + (await this.#node.vmstatOomKill()) - this.#countedAtStart;
    const records = [...this.#recordsBefore, ...recordsAfter(await this.#node.kmsg(), this.#mark)];
    return { counted, records, log: readKernelLog(records) };
  }

  /** The next boot has a log of its own and counts from 0. */
  async reboot(): Promise<void> {
    const { counted, records } = await this.read();
    await this.#node.reboot();
    this.#countedBefore = counted;
    this.#recordsBefore = records;
    this.#countedAtStart = 0;
  }
}
