import { type Clock, pause } from '../clock.ts';
import { text } from '../kube/loose-json.ts';
import type { ApiRequest } from '../reflector/next-request.ts';
import { watchBackoff } from '../reflector/reflect-pods.ts';
import { advance, FIRST_STEP, type Progress } from '../reflector/reflector-step.ts';
import { heedRetryAfter } from '../retry.ts';
import type { EventApi } from './kube-events.ts';

/** client-go reflector.go defaultMinWatchTimeout; the server ends a watch after once to twice this. */
const MIN_WATCH_SECONDS = 300;

/** What following Events tells: all there are, one more or one that grew, and how the watch fares. */
export type Followed =
  | { readonly kind: 'listed'; readonly events: readonly unknown[] }
  | { readonly kind: 'event'; readonly event: unknown }
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly err: unknown };

interface Env {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/**
 * Lists the Events, then follows them until `signal`: a watch that ends is taken up again, one whose version is
 * gone (410) or whose server was away begins anew with a list. It decides as the agent's reflector does.
 *
 * @throws {ApiError} where the first list fails: nobody waits for a cluster that was never there
 */
export async function* followEvents(
  api: EventApi,
  { clock, random, signal }: Env,
): AsyncGenerator<Followed, void, undefined> {
  const backoff = watchBackoff(random);
  let step = FIRST_STEP;
  while (!signal.aborted) {
    for await (const { progress, told } of perform(api, step.request, { clock, random, signal })) {
      if (signal.aborted) return;
      if (progress.kind === 'failed' && !step.state.synced) throw progress.err;
      if (told !== undefined) yield told;
      step = advance(step, progress);
    }
    if (step.pause === 'none') continue;
    const waitMs = heedRetryAfter(backoff(clock.wallMs()), step.pauseAtLeastMs);
    await pause(clock, waitMs, signal);
  }
}

/** What happened to the request under way, and what is told of it. */
interface Happened {
  readonly progress: Progress;
  readonly told?: Followed;
}

async function* perform(
  api: EventApi,
  { verb, resourceVersion }: ApiRequest,
  { clock, random, signal }: Env,
): AsyncGenerator<Happened, void, undefined> {
  try {
    if (verb === 'list') {
      const { objects, resourceVersion } = await api.list(signal);
      const progress = { kind: 'listed', resourceVersion, skipped: [] } as const;
      yield { progress, told: { kind: 'listed', events: objects } };
      return;
    }
    yield* watch(api, resourceVersion, { clock, random, signal });
    yield { progress: { kind: 'closed', atMs: clock.wallMs() } };
  } catch (err) {
    const progress = { kind: 'failed', atMs: clock.wallMs(), err } as const;
    yield { progress, told: { kind: 'failed', err } };
  }
}

async function* watch(
  api: EventApi,
  version: string,
  { clock, random, signal }: Env,
): AsyncGenerator<Happened, void, undefined> {
  const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
  for await (const event of api.watch(version, timeoutSeconds, signal)) {
    if (event.type === 'OPENED') {
      yield { progress: { kind: 'opened', atMs: clock.wallMs() }, told: { kind: 'opened' } };
    } else if (event.type === 'TOO_LARGE') {
      yield { progress: { kind: 'skipped', err: event.err } };
    } else {
      const { type, object } = event;
      const progress = {
        kind: 'event',
        resourceVersion: text(object, 'metadata', 'resourceVersion'),
      } as const;
      const isNews = type === 'ADDED' || type === 'MODIFIED';
      yield isNews ? { progress, told: { kind: 'event', event: object } } : { progress };
    }
  }
}
