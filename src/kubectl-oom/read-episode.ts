import { field, items, text, timeMs } from '../kube/loose-json.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { OomKill } from './oom-kill.ts';
import { contextOf, FIELD_PATH, limitLevelOf, wholeNumber } from './read-event.ts';

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
  const object = field(event, 'involvedObject');
  const isPod = text(object, 'kind') === 'Pod';
  const path = FIELD_PATH.exec(text(object, 'fieldPath') ?? '');
  const survived = field(episode, 'mainProcessSurvived') === true;
  return withoutAbsent({
    id: `${id}/${at}`,
    episode: id,
    namespace: isPod ? text(object, 'namespace') : undefined,
    pod: isPod ? text(object, 'name') : undefined,
    container: isPod ? path?.groups?.['container'] : undefined,
    node: text(episode, 'node'),
    process: processOf(episode),
    killedProcesses: wholeNumber(field(episode, 'killed')),
    limitLevel: limitLevelOf(text(episode, 'limitLevel')),
    limitBytes: bytes(episode, 'limitKb'),
    usageBytes: bytes(episode, 'usageKb'),
    context: contextOf(text(episode, 'context')),
    mainProcessSurvived: survived ? (true as const) : undefined,
    reason: text(event, 'reason') ?? '',
    message: text(event, 'message') ?? '',
    count: 1,
    isCombined: false,
    firstMs: atMs,
    lastMs: atMs,
  });
}

function processOf(episode: unknown): OomKill['process'] {
  const pid = wholeNumber(field(episode, 'victim', 'pid'));
  if (pid === undefined) return undefined;
  const name = text(episode, 'victim', 'comm') ?? '';
  return withoutAbsent({ name, pid, anonRssBytes: bytes(episode, 'victim', 'anonRssKb') });
}

function bytes(episode: unknown, ...path: readonly string[]): number | undefined {
  const kb = wholeNumber(field(episode, ...path));
  return kb === undefined ? undefined : kb * 1024;
}
