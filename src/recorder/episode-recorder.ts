import type { Logger } from '../logger.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cgroupOwners } from '../oom/cgroup-path.ts';
import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from '../pods/attribute.ts';
import type { StoredEpisode } from '../store/episode-table.ts';
import type { StateStore } from '../store/state-store.ts';
import { type Attributor, unattributed } from './attributor.ts';
import type { EventOrigin } from './build-event.ts';
import type { CursorKeeper } from './cursor-keeper.ts';
import type { EventRecorder } from './event-recorder.ts';
import { InOrder } from './in-order.ts';
import { recordEpisode, type RecordedEpisode } from './recorded-episode.ts';
import type { PostClock } from '../post/wait-list.ts';

export interface EpisodeRecorderOptions {
  readonly store: StateStore;
  readonly cursor: CursorKeeper;
  readonly events: EventRecorder;
  readonly attributor: Attributor;
  readonly origin: EventOrigin;
  readonly clock: PostClock;
  readonly log: Logger;
  /** Writes what must agree with the cursor and the episodes, in the transaction that writes these. */
  readonly alongside?: (recorded?: RecordedEpisode) => void;
  /** Told of an episode that was recorded and has more to say, before that is written. */
  readonly onAmended?: (before: OomEpisode, after: OomEpisode) => void;
  /** Told of every episode that was attributed, once it is in the store with its Events. */
  readonly onRecorded: (recorded: RecordedEpisode) => void;
}

/** Without a cursor, an Event of a kill older than this may have lived and expired (`--event-ttl`, 1 h). */
const MAX_BACKLOG_AGE_MS = 60 * 60_000;
/** An Event a day late helps nobody; the outbox gives up then, too. */
const MAX_PENDING_MS = 24 * 60 * 60_000;
/** Who was away that long, or has a clock that was set, lists the pods first. */
const MIN_PENDING_MS = 60_000;

/**
 * The consumer: each episode is in the store, with the cursor, before the next one is looked at. One
 * that can be attributed at once goes there together with its Events, in one transaction; one whose
 * attribution must wait goes there as pending, and its Events follow in a second one, in this
 * process or a later one. Episodes of one container get their Events in the order they happened.
 */
export class EpisodeRecorder {
  readonly #options: EpisodeRecorderOptions;
  readonly #order = new InOrder();
  #stopped = false;

  constructor(options: EpisodeRecorderOptions) {
    this.#options = options;
  }

  /** Takes up again what an earlier process left pending. */
  resume(): void {
    for (const { episode, enteredMs, bootId } of this.#options.store.episodes.pending()) {
      void this.#wait(episode, this.#attribute(episode), enteredMs, bootId);
    }
  }

  /** Returns when the episode is in the store; one that is there already may have more to say. */
  async record(episode: OomEpisode): Promise<void> {
    const { store, origin, clock } = this.#options;
    const known = store.episodes.find(origin.bootId, episode.sequence);
    if (known !== undefined) {
      if (episode.killLines > known.episode.killLines) this.#amend(known, episode);
      return;
    }
    if (this.#isTooOld(episode)) {
      this.#keep(episode);
      return;
    }
    const attribution = this.#attribute(episode);
    const atOnce = this.#order.isBusy(placeOf(episode)) ? undefined : await soon(attribution);
    if (this.#stopped) return;
    if (atOnce !== undefined) {
      this.#settle(episode, atOnce, origin.bootId, true);
      return;
    }
    this.#add(episode, 'pending');
    void this.#wait(episode, attribution, clock.wallMs(), origin.bootId);
  }

  /** Resolves when nothing is pending any longer. */
  async settled(): Promise<void> {
    await this.#order.settled();
  }

  /** From here on nothing is written; what is pending stays so. */
  stop(): void {
    this.#stopped = true;
  }

  #isTooOld({ atMs, sequence }: OomEpisode): boolean {
    const { cursor, clock } = this.#options;
    return cursor.isBacklog(sequence) && clock.wallMs() - atMs > MAX_BACKLOG_AGE_MS;
  }

  /** A bug in there, or an answer nobody foresaw, must not cost a kill its Event. */
  async #attribute(episode: OomEpisode): Promise<Attribution> {
    try {
      return await this.#options.attributor.attribute(episode);
    } catch (err) {
      const { sequence } = episode;
      this.#options.log.error({ err, sequence }, 'attribution failed: the node is blamed');
      return unattributed(episode);
    }
  }

  /**
   * Lines of a recorded episode came late: its Events say so now, where they are its own, and the
   * history does. One that is pending will say it when its time comes.
   */
  #amend(
    { episode: before, attribution, state, bootId }: StoredEpisode,
    episode: OomEpisode,
  ): void {
    const { store, cursor, events, origin, alongside, onAmended } = this.#options;
    const write = (): void => {
      cursor.write(episode.lastSequence);
      store.episodes.amend(bootId, episode);
      alongside?.();
    };
    if (state !== 'recorded' || attribution === undefined) return store.transaction(write);
    onAmended?.(before, episode);
    const { mainProcessSurvived: _, ...known } = attribution;
    const said = recordEpisode(before, attribution, { ...origin, bootId }).events;
    const says = recordEpisode(episode, known, { ...origin, bootId }).events;
    const changed = says.flatMap((after, at) => {
      const earlier = said[at];
      return earlier === undefined ? [] : [{ before: earlier, after }];
    });
    events.amend(changed, write);
  }

  #keep(episode: OomEpisode): void {
    this.#add(episode, 'kept');
    const { sequence, victim, atMs, taskMemcg } = episode;
    const facts = { sequence, victimPid: victim.pid, taskMemcg, at: new Date(atMs) };
    this.#options.log.info(facts, 'oom kill of long ago: in the history alone');
  }

  #add(episode: OomEpisode, state: 'pending' | 'kept'): void {
    const { store, cursor, origin, clock, alongside } = this.#options;
    const { bootId } = origin;
    store.transaction(() => {
      cursor.write(episode.lastSequence);
      alongside?.();
      store.episodes.add({ bootId, state, enteredMs: clock.wallMs(), episode });
    });
  }

  async #wait(
    episode: OomEpisode,
    attribution: Promise<Attribution>,
    enteredMs: number,
    bootId: string,
  ): Promise<void> {
    const { clock } = this.#options;
    const leftMs = enteredMs + MAX_PENDING_MS - clock.wallMs();
    const waitMs = Math.min(Math.max(leftMs, MIN_PENDING_MS), MAX_PENDING_MS);
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(waitMs, () => late.resolve(undefined));
    await this.#order.after(placeOf(episode), async () => {
      const known = await Promise.race([attribution, late.promise]);
      if (this.#stopped) return cancel();
      const now = this.#options.store.episodes.find(bootId, episode.sequence)?.episode ?? episode;
      // Lines of it that came late meanwhile may say more of whose it was.
      const isSame = known === undefined || now.killLines === episode.killLines;
      const whose = isSame ? known : await Promise.race([this.#attribute(now), late.promise]);
      cancel();
      this.#finish(now, whose, bootId);
    });
  }

  /** What cannot be written now stays pending, and is taken up again at the next start. */
  #finish(episode: OomEpisode, known: Attribution | undefined, bootId: string): void {
    if (this.#stopped) return;
    try {
      if (known === undefined) this.#giveUp(episode, bootId);
      else this.#settle(episode, known, bootId, false);
    } catch (err) {
      const { sequence } = episode;
      this.#options.log.error({ err, sequence, bootId }, 'an episode stays pending');
    }
  }

  /** Writes the Events, together with the episode where it `isNew`. */
  #settle(episode: OomEpisode, attribution: Attribution, bootId: string, isNew: boolean): void {
    const { store, cursor, events, origin, clock, alongside, onRecorded } = this.#options;
    const recorded = recordEpisode(episode, attribution, { ...origin, bootId });
    const state = recorded.events.length > 0 ? 'recorded' : 'kept';
    const enteredMs = clock.wallMs();
    events.record(recorded.events, episode.atMs, () => {
      alongside?.(recorded);
      if (!isNew) return store.episodes.settle(bootId, episode.sequence, state, attribution);
      cursor.write(episode.lastSequence);
      store.episodes.add({ bootId, state, enteredMs, episode, attribution });
    });
    onRecorded(recorded);
  }

  #giveUp({ sequence }: OomEpisode, bootId: string): void {
    const { store, log } = this.#options;
    store.transaction(() => store.episodes.settle(bootId, sequence, 'kept'));
    log.error({ sequence, bootId }, 'not attributed within a day: in the history alone');
  }
}

/** What is known by the next turn of the event loop counts as known at once. */
async function soon(attribution: Promise<Attribution>): Promise<Attribution | undefined> {
  return Promise.race([attribution, nextTurn(undefined)]);
}

/** Whom an episode may be about, before that is known: one container need not wait for another. */
function placeOf({ taskMemcg, evidence }: OomEpisode): string {
  const [owner] = cgroupOwners(taskMemcg ?? evidence?.cgroup ?? '');
  return owner === undefined ? '' : `${owner.podUid}/${owner.containerId ?? ''}`;
}
