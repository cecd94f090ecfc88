import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { EpisodeState, StoredEpisode } from '../store/stored-episode.ts';
import { type Attributor, type AttributorOptions, guardAttributor } from './attributor.ts';
import type { CursorKeeper } from './cursor-keeper.ts';
import { PendingEpisodes } from './pending-episodes.ts';
import { placeOf } from './pending-index.ts';
import { amendEvents, recordEpisode, stateOf } from './recorded-episode.ts';
import { settlePending, type SettleParts } from './settle-pending.ts';
import type { Clock } from '../clock.ts';

export interface EpisodeRecorderOptions extends SettleParts, AttributorOptions {
  /** Absent where the source tells nothing of the past: no run goes on where another stopped. */
  readonly cursor: CursorKeeper | undefined;
  /** Whether the main process of the victim's container lives on, within seconds; absent where nobody can tell. */
  readonly survived?: ((episode: OomEpisode) => Promise<boolean>) | undefined;
  readonly clock: Clock;
}

/** Without a cursor, an Event of a kill older than this may have lived and expired (`--event-ttl`, 1 h). */
const MAX_BACKLOG_AGE_MS = 60 * 60_000;

/**
 * The consumer: each episode is in the store, with the cursor, before the next one is looked at. One
 * that can be attributed at once goes there together with its Events, in one transaction; one whose
 * attribution must wait goes there as pending, and its Events follow in a second one, in this
 * process or a later one. Episodes of one container get their Events in the order they happened.
 */
export class EpisodeRecorder {
  readonly #options: EpisodeRecorderOptions;
  readonly #attributor: Attributor;
  readonly #pending: PendingEpisodes;
  #stopped = false;

  constructor(options: EpisodeRecorderOptions) {
    this.#options = options;
    const { store, clock, log } = options;
    const attributor = guardAttributor(options);
    this.#attributor = attributor;
    this.#pending = new PendingEpisodes({
      episodes: store.episodes,
      attributor,
      clock,
      log,
      settle: (decided) => settlePending(decided, options),
    });
  }

  /** Takes up again what an earlier process left pending. */
  resume(): void {
    this.#pending.resume();
  }

  /** Returns when the episode is in the store; one that is there already may have more to say. */
  async record(episode: OomEpisode): Promise<void> {
    const { store, origin } = this.#options;
    const known = store.episodes.find(origin.bootId, episode.sequence);
    if (known !== undefined) {
      if (episode.killLines > known.episode.killLines) this.#amend(known, episode);
      return;
    }
    if (this.#isTooOld(episode)) {
      this.#keep(episode);
      return;
    }
    const survival = this.#survival(episode);
    const survived = await soon(survival);
    if (this.#stopped) return;
    this.#attributor.see(episode);
    // Where its turn in its place has not come it is looked at when it has; where `survived` alone is not known, then.
    const isBusy = this.#pending.isBusy(placeOf(episode));
    const answer = isBusy ? undefined : this.#attributor.attribute(episode, 0);
    const { attribution, patienceMs = Infinity } = answer ?? {};
    if (attribution !== undefined && survived !== undefined) {
      const told = { ...attribution, ...(survived && { mainProcessSurvived: true }) };
      this.#recordAtOnce(episode, told);
      return;
    }
    this.#pending.add(this.#add(episode, 'pending'), patienceMs, survived ?? survival);
  }

  /** Resolves when nothing is pending any longer. */
  async settled(): Promise<void> {
    await this.#pending.settled();
  }

  /** From here on nothing is written; what is pending stays so. */
  stop(): void {
    this.#stopped = true;
    this.#pending.stop();
  }

  #isTooOld({ atMs, sequence }: OomEpisode): boolean {
    const { cursor, clock } = this.#options;
    const isBacklog = cursor?.isBacklog(sequence) === true;
    return isBacklog && clock.wallMs() - atMs > MAX_BACKLOG_AGE_MS;
  }

  /** What cannot be said for certain is not. */
  async #survival(episode: OomEpisode): Promise<boolean> {
    try {
      return (await this.#options.survived?.(episode)) === true;
    } catch (err) {
      const { sequence } = episode;
      this.#options.log.error({ err, sequence }, 'the main process was not found: a bug');
      return false;
    }
  }

  /**
   * Lines of a recorded episode came late: its Events say so now, where they are its own, and the
   * history does. One that is pending will say it when its time comes.
   */
  #amend({ episode: before, attribution, bootId }: StoredEpisode, episode: OomEpisode): void {
    const { store, cursor, events, origin, counters, log } = this.#options;
    const write = (): void => {
      cursor?.writeBehind(episode);
      store.episodes.amend(bootId, episode);
    };
    if (attribution === undefined) {
      store.transaction(write);
      return this.#pending.amended(bootId, episode);
    }
    const changed = amendEvents(before, episode, attribution, { ...origin, bootId });
    store.transaction(() => {
      write();
      events.amend(changed);
      store.change(() => counters?.foundMembers(episode.members.length - before.members.length));
    });
    const { sequence, victim, members } = episode;
    const facts = { sequence, victimPid: victim.pid, killed: 1 + members.length };
    log.info(facts, 'more processes were killed with one recorded before');
  }

  #keep(episode: OomEpisode): void {
    this.#add(episode, 'kept');
    const { sequence, victim, atMs, taskMemcg } = episode;
    const facts = { sequence, victimPid: victim.pid, taskMemcg, at: new Date(atMs) };
    this.#options.log.info(facts, 'oom kill of long ago: in the history alone');
  }

  /** With the cursor behind it. */
  #add(episode: OomEpisode, state: EpisodeState, attribution?: Attribution): StoredEpisode {
    const { store, cursor, origin, clock } = this.#options;
    const stored = {
      bootId: origin.bootId,
      state,
      enteredMs: clock.wallMs(),
      episode,
      ...(attribution && { attribution }),
    };
    store.transaction(() => {
      cursor?.writeBehind(episode);
      store.episodes.add(stored);
    });
    return stored;
  }

  #recordAtOnce(episode: OomEpisode, attribution: Attribution): void {
    const { store, events, origin, counters, onRecorded } = this.#options;
    const recorded = recordEpisode(episode, attribution, origin);
    store.transaction(() => {
      this.#add(episode, stateOf(recorded), attribution);
      events.record(recorded);
      store.change(() => counters?.recorded(recorded));
    });
    onRecorded(recorded);
  }
}

/** What is known by the next turn of the event loop counts as known at once. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, nextTurn(undefined)]);
}
