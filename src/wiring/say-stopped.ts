import type { Logger } from '../logger.ts';
import type { StateStore } from '../store/state-store.ts';

/** How many of the objects are named whose Events are left. */
const MAX_NAMED = 20;

/**
 * Says that the agent has ended, and what it leaves unposted: about whom, and what becomes of it.
 *
 * @param isKept it is on a disk: the next start goes on with it
 */
export function sayStopped(
  { outbox, episodes }: Pick<StateStore, 'outbox' | 'episodes'>,
  isKept: boolean,
  log: Logger,
): void {
  const { rows: events } = outbox.waiting();
  const pendingEpisodes = episodes.pendingCount();
  if (events + pendingEpisodes === 0) return log.info({}, 'stopped');
  const left = { events, about: outbox.objects(MAX_NAMED), pendingEpisodes };
  if (isKept) return log.info(left, 'stopped: the next start goes on with what is left');
  log.warn(left, 'stopped: what is left is lost, there is no state file');
}
