import type { RecorderError } from '../errors.ts';
import type { Explanation } from '../explain/explanation.ts';
import type { ApiClient } from '../kube/api-client.ts';
import { inWords } from './cluster-words.ts';
import { kubeEvents } from './kube-events.ts';
import type { OomKill } from './oom-kill.ts';
import type { PodLabels } from './pod-labels.ts';
import { readEvent } from './read-event.ts';
import { isWanted, type Wanted, withoutRepeats } from './select-kills.ts';

/** What was asked, and of whom. */
export interface KillQuery {
  readonly client: ApiClient;
  /** Its URL, for words. */
  readonly server: string;
  readonly wanted: Wanted;
  /** Of the Pods alone that carry these; listed already. */
  readonly labels?: PodLabels | undefined;
  readonly signal: AbortSignal;
}

/** What a source knows, and how far back that reaches. */
export interface FoundKills {
  readonly source: 'events' | 'nodes';
  readonly kills: readonly OomKill[];
  /** For a person, a line each: how far back it reaches, what may be missing. */
  readonly notes: readonly string[];
  /** Why it is not all, and by whose word it is what it is. */
  readonly failure?: RecorderError | undefined;
  readonly saidBy?: string | undefined;
  /** Of a kill of which the kernel's whole report is there. */
  readonly explanationOf?: (kill: OomKill) => Explanation | undefined;
}

/** How long the API server keeps an Event unless `--event-ttl` says otherwise; the flag cannot be read from here. */
export const EVENT_TTL_MS = 60 * 60_000;

/** What Events can tell. Each write of one begins its time anew, so it is its last kill that counts. */
export const EVENTS_REACH =
  'Source: Events, which the API server keeps for an hour unless its --event-ttl says otherwise. What was before is in the nodes’ histories: --from-node.';

/** In the place of that, where the histories were asked first. */
const EVENTS_ALONE =
  'Source: Events alone, which the API server keeps for an hour unless its --event-ttl says otherwise: the nodes’ histories could not be asked.';

/** What the Events say where the histories were wanted and could not be asked: not all. @throws {ApiError} */
export async function findInEventsAlone(
  query: KillQuery,
  failure: RecorderError,
): Promise<FoundKills> {
  const found = await findInEvents(query);
  return { ...found, notes: [EVENTS_ALONE], failure, saidBy: 'by Events alone' };
}

/** What the Events say. @throws {ApiError} in words for a terminal */
export async function findInEvents(query: KillQuery): Promise<FoundKills> {
  const { client, server, wanted, signal } = query;
  const list = kubeEvents(client, wanted).list(signal);
  const { objects } = await list.catch((err: unknown) => {
    throw inWords(err, `listing Events ${placeWords(wanted)}`, server);
  });
  return { source: 'events', kills: select(readEvents(objects), query), notes: [EVENTS_REACH] };
}

export function readEvents(events: readonly unknown[]): readonly OomKill[] {
  return events.map(readEvent).filter((kill) => kill !== undefined);
}

/** Those that were asked for, each kill once. */
export function select(
  kills: readonly OomKill[],
  { wanted, labels }: Pick<KillQuery, 'wanted' | 'labels'>,
): readonly OomKill[] {
  const there = kills.filter((kill) => isWanted(kill, wanted));
  return withoutRepeats(labels === undefined ? there : labels.select(there));
}

/** Where was looked. */
export function placeWords({ namespace }: Wanted): string {
  return namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
}
