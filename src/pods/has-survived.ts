import type { OomEpisode } from '../oom/episode.ts';
import type { MainProcess } from './main-process.ts';

/** When to look at a dying process again; it is gone within milliseconds, or stuck for seconds. */
const LOOK_AGAIN_MS = [2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/**
 * Whether the container's main process lives on, where a child of it was killed alone. Known within
 * two seconds of the kill: it is about a process that is there now.
 *
 * @param sleep resolves after so many ms
 */
export async function hasSurvived(
  episode: OomEpisode,
  mainProcess: Pick<MainProcess, 'after'>,
  sleep: (ms: number) => Promise<void>,
): Promise<boolean> {
  for (const waitMs of LOOK_AGAIN_MS) {
    const state = mainProcess.after(episode);
    if (state !== 'not-yet') return state === 'survived';
    await sleep(waitMs);
  }
  return mainProcess.after(episode) === 'survived';
}
