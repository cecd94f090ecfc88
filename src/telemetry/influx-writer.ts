import { type Clock, within } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { backOffMs, Pause, WaitList } from '../retry.ts';
import type { PointOutcome } from './counters.ts';
import type { EpisodeFacts } from './episode-facts.ts';
import { InfluxError } from './influx-error.ts';

/** An episode that is in the store and not yet in InfluxDB. */
export interface QueuedEpisode extends EpisodeFacts {
  /** Ascending in the order of recording. */
  readonly id: number;
}

/** What the writer needs of the store: the episodes beyond a mark that survives restarts. */
export interface InfluxQueue {
  /** The oldest ones beyond the mark. */
  pending(limit: number): readonly QueuedEpisode[];
  /** How many the history let go of before they were settled; each is told once. */
  takeExpired(): number;
  /** How many are beyond the mark. */
  count(): number;
  /** Moves the mark: the oldest ones, up to these, are in InfluxDB or never will be. */
  settle(episodes: readonly QueuedEpisode[]): void;
}

/** Where points go: InfluxDB in production, an array in tests. */
export interface PointSink {
  /** All of them or an {@link InfluxError}; writing one twice changes nothing. */
  write(episodes: readonly EpisodeFacts[]): Promise<void>;
}

export interface InfluxEnv {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly tally: (outcome: PointOutcome, points: number) => void;
}

/** What InfluxData recommends is 5,000 lines; ours come in dozens, and 500 are 100 kB. */
const MAX_BATCH = 500;

/**
 * Takes recorded episodes to InfluxDB, behind the store and in nobody's way: one batch at a time,
 * whatever has come meanwhile in the next. What is not there yet is in the store; a restart or an
 * outage of days changes nothing but the time. Nothing runs while nothing waits.
 */
export class InfluxWriter {
  readonly #queue: InfluxQueue;
  readonly #sink: PointSink;
  readonly #env: InfluxEnv;
  readonly #waiting: WaitList;
  readonly #pause: Pause;
  #running: Promise<void> | undefined;
  #batchSize = MAX_BATCH;
  /** Of this run: how many, and the first one. */
  #refusals: { err: InfluxError; episode: number | undefined; points: number } | undefined;
  #woken = false;
  #stopped = false;

  constructor(queue: InfluxQueue, sink: PointSink, env: InfluxEnv) {
    this.#queue = queue;
    this.#sink = sink;
    this.#env = env;
    this.#waiting = new WaitList(env.clock);
    this.#pause = new Pause(this.#waiting);
  }

  /** Points that wait. */
  get waiting(): number {
    return this.#queue.count();
  }

  /** Says that there may be episodes. Returns at once; while an outage lasts it changes nothing. */
  wake(): void {
    this.#woken = true;
    if (this.#running !== undefined || this.#pause.isOn || this.#stopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#woken) this.wake();
    });
  }

  /** Writes what can be written at once, for `withinMs` at most, and stops. */
  async drain(withinMs: number): Promise<void> {
    this.#waiting.close();
    this.#pause.end();
    this.wake();
    await within(this.#env.clock, withinMs, this.#running);
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // the caller's transaction first
    try {
      do this.#woken = false;
      while (!this.#stopped && (await this.#writeBatch()));
      this.#sayRefused();
    } catch (err) {
      this.#sayRefused();
      this.#retryLater(err);
    }
  }

  /**
   * Refused for its content: halved until the point to blame is alone, and from there doubled again.
   * What is settled stays so, whatever comes of the rest.
   *
   * @returns whether there was one
   */
  async #writeBatch(): Promise<boolean> {
    this.#sayExpired();
    const batch = this.#queue.pending(this.#batchSize);
    if (batch.length === 0) return false;
    const err = await this.#write(batch);
    if (err !== undefined && batch.length > 1) {
      this.#batchSize = Math.ceil(batch.length / 2);
      return true;
    }
    this.#queue.settle(batch);
    if (err === undefined) {
      this.#env.tally('written', batch.length);
      this.#batchSize = Math.min(this.#batchSize * 2, MAX_BATCH);
    } else {
      this.#refused(batch, err);
    }
    this.#recovered();
    return true;
  }

  #sayExpired(): void {
    const points = this.#queue.takeExpired();
    if (points === 0) return;
    this.#env.tally('expired', points);
    this.#env.log.warn({ points }, 'points expired: the history is full');
  }

  /** @returns why these points never will be in InfluxDB, if so */
  async #write(batch: readonly QueuedEpisode[]): Promise<InfluxError | undefined> {
    try {
      await this.#sink.write(batch);
      return undefined;
    } catch (err) {
      if (err instanceof InfluxError && !err.retryable) return err;
      this.#env.tally('retried', batch.length);
      throw err;
    }
  }

  #refused(batch: readonly QueuedEpisode[], err: InfluxError): void {
    this.#env.tally('refused', batch.length);
    this.#refusals ??= { err, episode: batch[0]?.id, points: 0 };
    this.#refusals.points += batch.length;
  }

  /** Of many points that are refused for one reason the log has one line. */
  #sayRefused(): void {
    if (this.#refusals !== undefined)
      this.#env.log.error(this.#refusals, 'influxdb refused points');
    this.#refusals = undefined;
  }

  #recovered(): void {
    if (this.#pause.failures > 0) this.#env.log.info({}, 'writing to influxdb again');
    this.#pause.worked();
  }

  #retryLater(err: unknown): void {
    const { log, random } = this.#env;
    const failures = this.#pause.failed();
    if (failures === 1) log.warn({ err }, 'cannot write to influxdb, points wait in the store');
    const askedMs = err instanceof InfluxError ? err.retryAfterMs : undefined;
    const delayMs = backOffMs({ failures, random: random(), askedMs });
    this.#pause.begin(delayMs, () => this.wake());
  }
}
