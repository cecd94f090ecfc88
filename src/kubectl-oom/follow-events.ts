import { type Clock, pause } from '../clock.ts';
import { text } from '../kube/loose-json.ts';
import type { ApiRequest } from '../reflector/next-request.ts';
import type { WatchEvent } from '../reflector/list-and-watch.ts';
import { watchBackoff } from '../reflector/reflect-pods.ts';
import { advance, FIRST_STEP, type Progress } from '../reflector/reflector-step.ts';
import { heedRetryAfter } from '../retry.ts';
import type { EventApi } from './kube-events.ts';

/** client-go reflector.go defaultMinWatchTimeout; the server ends a watch after once to twice this. */
const MIN_WATCH_SECONDS = 300;

/** What happened to the request under way, as the reflector is told it, and the Events that are news by it. */
type Happened =
  | Exclude<Progress, { readonly kind: 'listed' | 'event' }>
  | (Extract<Progress, { readonly kind: 'listed' | 'event' }> & {
      readonly events: readonly unknown[];
    });

/** What following Events tells: all there are, one more or one that grew, and how the watch fares. */
export type Followed = Exclude<Happened, { readonly kind: 'closed' | 'skipped' }>;

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
  env: Env,
): AsyncGenerator<Followed, void, undefined> {
  const { clock, random, signal } = env;
  const backoff = watchBackoff(random);
  let step = FIRST_STEP;
  while (!signal.aborted) {
    for await (const happened of perform(api, step.request, env)) {
      if (signal.aborted) return;
      if (happened.kind === 'failed' && !step.state.synced) throw happened.err;
      if (isTold(happened)) yield happened;
      step = advance(step, happened);
    }
    if (step.pause === 'none') continue;
    const waitMs = heedRetryAfter(backoff(clock.wallMs()), step.pauseAtLeastMs);
    await pause(clock, waitMs, signal);
  }
}

function isTold(happened: Happened): happened is Followed {
  if (happened.kind === 'event') return happened.events.length > 0;
  return happened.kind !== 'closed' && happened.kind !== 'skipped';
}

async function* perform(
  api: EventApi,
  { verb, resourceVersion }: ApiRequest,
  { clock, random, signal }: Env,
): AsyncGenerator<Happened, void, undefined> {
  try {
    if (verb === 'list') {
      const { objects, resourceVersion } = await api.list(signal);
      yield { kind: 'listed', resourceVersion, skipped: [], events: objects };
      return;
    }
    const timeoutSeconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
    for await (const event of api.watch(resourceVersion, timeoutSeconds, signal))
      yield happenedBy(event, clock.wallMs());
    yield { kind: 'closed', atMs: clock.wallMs() };
  } catch (err) {
    yield { kind: 'failed', atMs: clock.wallMs(), err };
  }
}

function happenedBy(event: WatchEvent, atMs: number): Happened {
  if (event.type === 'OPENED') return { kind: 'opened', atMs };
  if (event.type === 'TOO_LARGE') return { kind: 'skipped', err: event.err };
  const { type, object } = event;
  const resourceVersion = text(object, 'metadata', 'resourceVersion');
  const isNews = type === 'ADDED' || type === 'MODIFIED';
  return { kind: 'event', resourceVersion, events: isNews ? [object] : [] };
}
