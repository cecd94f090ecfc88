import { setTimeout as sleep } from 'node:timers/promises';

/** A look at the API server costs an emulated machine a good part of this. */
const LOOK_AGAIN_MS = 1500;
/** kubectl's words for an API server that has no time, or went away: nothing that it said itself. */
const UNREACHABLE = /Unable to connect to the server|error: Get "https:/;

/** Asks until there is an answer; fails with what it was waited for. */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const answer = await ask().catch(nothingIfUnreachable);
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await sleep(LOOK_AGAIN_MS);
  }
}

function nothingIfUnreachable(err: unknown): undefined {
  if (!UNREACHABLE.test(String(err))) throw err;
}
