import { setImmediate as turn } from 'node:timers/promises';
import { type NodeRecorder, openRecorder } from '../../src/wiring/open-recorder.ts';
import type { OomEpisode } from '../../src/oom/episode.ts';
import { decideStart, type Start } from '../../src/recorder/decide-start.ts';
import { StateStore } from '../../src/store/state-store.ts';
import type { FakeClock } from './fake-clock.ts';
import type { FakeSink } from './fake-sink.ts';
import { LateAttributor } from './late-attributor.ts';
import { makeEpisode } from './make-episode.ts';
import type { MemoryLog } from './memory-log.ts';

export interface AgentWorld {
  readonly directory: string;
  readonly sink: FakeSink;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  /** How many kills there were; each is its own pod's. */
  kills: number;
}

const BOOT = 'boot-1';
/** A report's records. */
const RECORDS = 10;

/** The store and all that records into it and posts from it, as `run` puts them together. */
export class RecordingAgent {
  readonly store: StateStore;
  readonly #world: AgentWorld;
  readonly #start: Start;
  readonly #recorder: NodeRecorder;
  readonly #attributor = new LateAttributor(true);

  constructor(world: AgentWorld) {
    const { directory, sink, clock, log } = world;
    this.#world = world;
    const nowMs = (): number => clock.wallMs();
    this.store = new StateStore({ directory, historyMax: 10_000, log, nowMs });
    this.#start = decideStart({
      cursor: this.store.cursor.read(),
      bootId: BOOT,
      startAt: 'boot',
    });
    const parts = {
      store: this.store,
      sink,
      origin: { node: { name: 'node-1' }, bootId: BOOT },
      start: this.#start,
      attributor: this.#attributor,
      log,
    };
    this.#recorder = openRecorder(parts, { clock });
  }

  /** Kills so many, one after the other. */
  async kill(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      this.#world.kills += 1;
      await this.#recorder.record(this.#episode(this.#world.kills));
    }
    await this.settle();
  }

  /** From here on nobody can say whose a kill is, until `learn`. */
  forget(): void {
    this.#attributor.forget();
  }

  async learn(): Promise<void> {
    this.#attributor.learn();
    await this.settle();
  }

  /** Reads the kernel's ring from where the last agent stopped, or from its beginning. */
  async readRing(): Promise<void> {
    const { point } = this.#start;
    const from = point.at === 'cursor' ? point.sequence : 0;
    for (let pod = 1; pod <= this.#world.kills; pod += 1) {
      const episode = this.#episode(pod);
      if (episode.sequence > from) await this.#recorder.record(episode);
    }
    await this.settle();
  }

  /** Lets the poster do what it can. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 2 * this.#world.kills + 10; turns += 1) await turn();
  }

  async end(): Promise<void> {
    await this.#recorder.stop(0);
    this.store[Symbol.dispose]();
  }

  #episode(pod: number): OomEpisode {
    return makeEpisode({ sequence: pod * RECORDS, atMs: 0, pod });
  }
}
