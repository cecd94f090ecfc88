import { COMBINED_PREFIX } from '../correlator/correlator-options.ts';
import { field, text, timeMs } from '../kube/loose-json.ts';
import { CONTEXT_KINDS, LIMIT_LEVELS } from '../oom/episode.ts';
import { ANNOTATION_PREFIX } from '../recorder/build-event.ts';
import { COMPONENT } from '../recorder/make-event.ts';
import { withoutAbsent } from '../without-absent.ts';
import type { OomKill } from './oom-kill.ts';

const REASONS: ReadonlySet<unknown> = new Set(['OOMKilling', 'SystemOOM']);

/** The kubelet's form: `spec.containers{app}`, `spec.initContainers{app}`, `spec.ephemeralContainers{app}`. */
const FIELD_PATH = /^spec\.\w+\{(?<container>.+)\}$/;

/** Which of these words was said; another word of whoever wrote it is none. */
export function oneOf<W extends string>(words: readonly W[], said?: string): W | undefined {
  return words.find((word) => word === said);
}

/**
 * What an Event says of an OOM kill; `undefined` where it is none of oom-recorder's, or of no kill.
 * Whoever may create Events may have written it: a wrong shape is an absent field.
 */
export function readEvent(event: unknown): OomKill | undefined {
  const reason = text(event, 'reason');
  if (text(event, 'source', 'component') !== COMPONENT || !REASONS.has(reason)) return undefined;
  const message = text(event, 'message') ?? '';
  const count = wholeNumber(field(event, 'count')) ?? 1;
  const name = text(event, 'metadata', 'name') ?? '';
  const reference = `${text(event, 'metadata', 'namespace') ?? ''}/${name}`;
  return withoutAbsent({
    id: reference,
    ...objectOf(event),
    ...factsOf(event),
    node: text(event, 'source', 'host'),
    reason: reason ?? '',
    message,
    count: Math.max(1, count),
    isCombined: message.startsWith(COMBINED_PREFIX),
    firstMs: timeMs(event, 'firstTimestamp'),
    lastMs: timeMs(event, 'lastTimestamp') ?? timeMs(event, 'metadata', 'creationTimestamp'),
    event: reference,
  });
}

/** The Pod that an Event is about; nothing where it is about something else. */
export function objectOf(event: unknown): Pick<OomKill, 'namespace' | 'pod' | 'container'> {
  const object = field(event, 'involvedObject');
  if (text(object, 'kind') !== 'Pod') return {};
  const path = FIELD_PATH.exec(text(object, 'fieldPath') ?? '');
  return withoutAbsent({
    namespace: text(object, 'namespace'),
    pod: text(object, 'name'),
    container: path?.groups?.['container'],
  });
}

/** The annotations, docs/events.md. */
function factsOf(event: unknown): Partial<OomKill> {
  const fact = (key: string) => text(event, 'metadata', 'annotations', ANNOTATION_PREFIX + key);
  const size = (key: string) => wholeNumber(fact(key));
  const [bootId, sequence] = [fact('boot-id'), fact('kmsg-sequence')];
  const survived = fact('main-process') === 'survived' ? (true as const) : undefined;
  return withoutAbsent({
    episode: bootId !== undefined && sequence !== undefined ? `${bootId}-${sequence}` : undefined,
    owner: fact('owner'),
    process: processOf(fact('victim-comm'), size('victim-pid'), size('victim-anon-rss-bytes')),
    killedProcesses: size('killed-processes'),
    limitLevel: oneOf(LIMIT_LEVELS, fact('limit-level')),
    limitBytes: size('limit-bytes'),
    usageBytes: size('usage-bytes'),
    context: oneOf(CONTEXT_KINDS, fact('context')),
    mainProcessSurvived: survived,
  });
}

/** A process may have no name: its pid is what says that one is known. */
export function processOf(
  name: string | undefined,
  pid: number | undefined,
  anonRssBytes: number | undefined,
): OomKill['process'] {
  return pid === undefined ? undefined : withoutAbsent({ name: name ?? '', pid, anonRssBytes });
}

/** Of a number, or of digits; a kernel's figures are no larger. */
export function wholeNumber(value: unknown): number | undefined {
  const isWritten = typeof value === 'string' && /^\d{1,16}$/.test(value);
  const number = isWritten ? Number(value) : value;
  return Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined;
}
