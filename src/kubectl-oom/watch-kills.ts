import type { Edge } from '../edge.ts';
import { inWords } from './cluster-words.ts';
import { type KillQuery, placeWords, readEvents, select } from './find-kills.ts';
import { followEvents } from './follow-events.ts';
import { kubeEvents } from './kube-events.ts';
import type { OomKill } from './oom-kill.ts';

/** A watch that breaks and is opened again at the first try is daily business. */
const FAILURES_IN_A_ROW = 2;

/**
 * Shows the kills that the Events tell, then each new one and each that grew, until the signal. A kill
 * is shown once, however often the Events are listed anew.
 *
 * @param show told of all that there are, none perhaps, then of one by one
 * @throws {ApiError} where they cannot be listed the first time
 */
export async function watchKills(
  query: KillQuery,
  show: (kills: readonly OomKill[]) => void,
  { clock, printError }: Pick<Edge, 'clock' | 'printError'>,
  random: () => number,
): Promise<void> {
  const { client, server, wanted, labels, signal } = query;
  const doing = `watching Events ${placeWords(wanted)}`;
  const shown = new ShownKills();
  let isFirst = true;
  let failures = 0;
  /** Of Pods whose labels could not be asked: they come again with the next news. */
  let unanswered: readonly OomKill[] = [];
  const follow = followEvents(kubeEvents(client, wanted), { clock, random, signal });
  try {
    for await (const heard of follow) {
      if (heard.kind === 'failed') {
        failures += 1;
        if (failures === FAILURES_IN_A_ROW) {
          const { message } = inWords(heard.err, doing, server) as Error;
          printError(`${message}. Trying again\n`);
        }
        continue;
      }
      if (heard.kind === 'opened') {
        if (failures >= FAILURES_IN_A_ROW) printError('Watching again\n');
        failures = 0;
        continue;
      }
      const kills = [...unanswered, ...readEvents(heard.events)];
      if (!isFirst && labels !== undefined) unanswered = await labels.lookAtAll(kills, signal);
      const news = shown.add(select(kills, query));
      if (isFirst || news.length > 0) show(news);
      isFirst = false;
    }
  } catch (err) {
    throw inWords(err, doing, server);
  }
}

/** What was shown already. */
class ShownKills {
  readonly #versions = new Map<string, string>();
  readonly #onPods = new Set<string>();

  /** @returns those that are new, or say something new */
  add(kills: readonly OomKill[]): readonly OomKill[] {
    return kills.filter((kill) => {
      const { id, episode, pod, count, lastMs, message } = kill;
      if (pod === undefined && episode !== undefined && this.#onPods.has(episode)) return false;
      if (pod !== undefined && episode !== undefined) this.#onPods.add(episode);
      const version = JSON.stringify([count, lastMs, message]);
      if (this.#versions.get(id) === version) return false;
      this.#versions.set(id, version);
      return true;
    });
  }
}
