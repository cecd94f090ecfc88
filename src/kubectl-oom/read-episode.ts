import { field, items, text, timeMs } from '../kube/loose-json.ts';
import { CONTEXT_KINDS, LIMIT_LEVELS } from '../oom/episode.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { OomKill } from './oom-kill.ts';
import { objectOf, oneOf, processOf, wholeNumber } from './read-event.ts';

/** What is said of one that has no Events, by its state. */
const UNDECIDED: Readonly<Record<string, string>> = {
  pending: 'Whose it was is not known yet: its attribution is pending',
  kept: 'Whose it was was never decided',
};
const NO_EVENT = 'No Event was made of it';

/**
 * The kills that an episode of a node's history stands for: one for each Pod it hurt, else one of the Node.
 * None where it is about another node's Pod on the same kernel, whose own node tells it. A wrong shape
 * is an absent field.
 *
 * @param episode as in docs/webhook.md
 */
export function readEpisode(episode: unknown): readonly OomKill[] {
  const events = items(episode, 'events');
  const isOnPod = (event: unknown): boolean => text(event, 'involvedObject', 'kind') === 'Pod';
  const onPods = events.filter(isOnPod);
  if (onPods.length > 0) return onPods.map((event, at) => killOf(episode, event, at));
  const undecided = UNDECIDED[text(episode, 'state') ?? ''];
  if (undecided !== undefined)
    return [killOf(episode, { reason: 'OOMKilling', message: undecided }, 0)];
  if (events.length === 0 && text(episode, 'pod') !== undefined)
    return [killOf(episode, ownEvent(episode), 0)];
  return events.slice(0, 1).map((event) => killOf(episode, event, 0));
}

/** Of one in a namespace about which nothing is posted: the history has it all the same. */
function ownEvent(episode: unknown): object {
  const [namespace, name] = [text(episode, 'namespace'), text(episode, 'pod')];
  const container = text(episode, 'container');
  const fieldPath = container === undefined ? undefined : `spec.containers{${container}}`;
  const involvedObject = { kind: 'Pod', namespace, name, fieldPath };
  return { reason: 'OOMKilling', message: NO_EVENT, involvedObject };
}

function killOf(episode: unknown, event: unknown, at: number): OomKill {
  const id = text(episode, 'id') ?? '';
  const atMs = timeMs(episode, 'time');
  const [name, pid] = [text(episode, 'victim', 'comm'), field(episode, 'victim', 'pid')];
  const survived = field(episode, 'mainProcessSurvived') === true;
  return withoutAbsent({
    id: `${id}/${at}`,
    episode: id,
    ...objectOf(event),
    node: text(episode, 'node'),
    process: processOf(name, wholeNumber(pid), bytes(episode, 'victim', 'anonRssKb')),
    killedProcesses: wholeNumber(field(episode, 'killed')),
    limitLevel: oneOf(LIMIT_LEVELS, text(episode, 'limitLevel')),
    limitBytes: bytes(episode, 'limitKb'),
    usageBytes: bytes(episode, 'usageKb'),
    context: oneOf(CONTEXT_KINDS, text(episode, 'context')),
    mainProcessSurvived: survived ? (true as const) : undefined,
    reason: text(event, 'reason') ?? '',
    message: text(event, 'message') ?? '',
    count: 1,
    isCombined: false,
    firstMs: atMs,
    lastMs: atMs,
  });
}

function bytes(episode: unknown, ...path: readonly string[]): number | undefined {
  const kb = wholeNumber(field(episode, ...path));
  return kb === undefined ? undefined : kb * 1024;
}
