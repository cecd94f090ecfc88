import type { Logger } from '../logger.ts';
import { once } from 'node:events';
import type { CountedRecord } from '../kmsg/count-lost.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { CursorKeeper } from './cursor-keeper.ts';
import type { EpisodeRecorder } from './episode-recorder.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { OverrunReporter } from './overrun-reporter.ts';

export interface NodeRecorderParts {
  readonly cursor: CursorKeeper;
  readonly events: EventRecorder;
  readonly episodes: EpisodeRecorder;
  readonly overruns: OverrunReporter;
  readonly log: Logger;
}

/** Everything right of the buffer: what the watcher of one node tells, and who keeps it. */
export class NodeRecorder {
  readonly #parts: NodeRecorderParts;

  constructor(parts: NodeRecorderParts) {
    this.#parts = parts;
  }

  async record(episode: OomEpisode): Promise<void> {
    await this.#parts.episodes.record(episode);
  }

  passed(sequence: number): void {
    this.#parts.cursor.passed(sequence);
  }

  caughtUp(sequence: number): void {
    this.#parts.cursor.caughtUp(sequence);
  }

  lost(record: CountedRecord): void {
    this.#parts.overruns.lost(record);
  }

  /** Not an overrun: who was away cannot tell what was in there. */
  away(lost: number): void {
    this.#parts.log.warn({ lost }, 'kernel log records went unread while the agent was away');
  }

  /** Resolves when every episode has its Events, or when there is no time left to wait for that. */
  async settled(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await Promise.race([this.#parts.episodes.settled(), once(signal, 'abort')]);
  }

  /** Nothing more is recorded, the cursor says how far that is; posts what it can in `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    const { cursor, episodes, events, overruns } = this.#parts;
    episodes.stop();
    overruns.stop();
    cursor.flush();
    await events.drain(withinMs);
  }
}
