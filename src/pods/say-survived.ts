import type { OomEpisode } from '../oom/episode.ts';
import type { Attribution } from './attribute.ts';
import type { MainProcess } from './main-process.ts';

/** Finds out whose an episode was. */
interface Attributor {
  attribute(episode: OomEpisode): Promise<Attribution>;
}

/** When to look at a dying process again; it is gone within milliseconds, or stuck for seconds. */
const LOOK_AGAIN_MS = [2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/**
 * Adds what became of the container's main process, where a child of it was killed alone.
 *
 * @param sleep resolves after so many ms
 */
export function saySurvived(
  attributor: Attributor,
  mainProcess: Pick<MainProcess, 'after'>,
  sleep: (ms: number) => Promise<void>,
): Attributor {
  const hasSurvived = async (episode: OomEpisode): Promise<boolean> => {
    for (const waitMs of LOOK_AGAIN_MS) {
      const state = mainProcess.after(episode);
      if (state !== 'not-yet') return state === 'survived';
      await sleep(waitMs);
    }
    return mainProcess.after(episode) === 'survived';
  };
  return {
    attribute: async (episode) => {
      const [attribution, survived] = await Promise.all([
        attributor.attribute(episode),
        hasSurvived(episode),
      ]);
      return survived ? { ...attribution, mainProcessSurvived: true } : attribution;
    },
  };
}
