import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { encodeEvent, type RecordedEvent } from '../../src/correlator/recorded-event.ts';
import type { LimitLevel, OomEpisode } from '../../src/oom/episode.ts';
import type { Attribution, Subject } from '../../src/pods/attribute.ts';
import { buildEvent } from '../../src/recorder/build-event.ts';
import { anEpisode } from './an-episode.ts';

/** What a test wants to say about a kill; the rest is the same every time. */
export interface OomEventSpec {
  readonly sequence?: number;
  readonly atMs?: number;
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly node?: string;
  readonly limitLevel?: LimitLevel;
  readonly episode?: Partial<OomEpisode>;
  readonly attribution?: Partial<Attribution>;
}

const BOOT_ID = '3f1c2b9e-6d0a-4c39-9a51-0c7f2f6f9a10';

/** The Event of a kill on its Pod, as the agent builds it. */
export function podEvent(spec: OomEventSpec = {}): RecordedEvent {
  const { namespace = 'shop', pod = 'web-0', container = 'app' } = spec;
  const uid = `uid-of-${pod}`;
  const owner = { kind: 'StatefulSet', name: 'web' };
  const entry = { namespace, name: pod, uid, referenceUid: uid, cgroupUid: uid, owner };
  return eventOf(spec, {
    kind: 'pod',
    pod: { ...entry, containers: [] },
    container: { name: container, list: 'containers', ids: [] },
  });
}

/** The same on the Node. */
export function nodeEvent(spec: OomEventSpec = {}): RecordedEvent {
  return eventOf({ limitLevel: 'system', ...spec }, { kind: 'node' });
}

/** As the API server tells it. */
export function asJson(event: RecordedEvent, facts: object = {}): unknown {
  return JSON.parse(encodeEvent({ ...event, ...facts }));
}

/** Creates Events as an agent would. */
export async function post(cluster: ControlPlane, ...events: readonly unknown[]): Promise<void> {
  const input = events.map((event) => JSON.stringify(event)).join('\n');
  await cluster.kubectl(['create', '-f', '-'], { input });
}

function eventOf(spec: OomEventSpec, subject: Subject): RecordedEvent {
  const { sequence = 1000, atMs = Date.now(), node = 'node-1', limitLevel = 'container' } = spec;
  const episode = anEpisode({ sequence, atMs, limitLevel, ...spec.episode });
  const attribution: Attribution = {
    subjects: [subject],
    limitLevel,
    source: 'kernel',
    ...spec.attribution,
  };
  return buildEvent(episode, attribution, subject, { node: { name: node }, bootId: BOOT_ID });
}
