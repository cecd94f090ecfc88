import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';

/** What a test wants to say about a kill; the rest is the same every time. */
export interface KillSpec {
  readonly atMs: number;
  /** Makes the Event's name: unique for each kill. */
  readonly id: number;
  readonly pod?: string;
  readonly container?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** 2026-11-21T12:00:00Z. */
export const START_MS = Date.UTC(2026, 10, 21, 12);

/** The Event of one kill, as the recorder builds it, `atMs` after the start. */
export function killEvent(spec: KillSpec): RecordedEvent {
  const { atMs, id, pod = 'pod-1', container = 'app', reason = 'OOMKilling' } = spec;
  const time = new Date(START_MS + atMs);
  return {
    metadata: {
      name: `${pod}.${id.toString(16).padStart(16, '0')}`,
      namespace: 'shop',
      annotations: { 'oom-recorder.dev/victim-pid': String(1000 + id) },
    },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: pod,
      uid: `uid-of-${pod}`,
      fieldPath: `spec.containers{${container}}`,
    },
    type: 'Warning',
    reason,
    message: spec.message ?? `killed process java (pid ${1000 + id})`,
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: 'oom-recorder', host: 'node-1' },
    reportingComponent: 'oom-recorder',
    reportingInstance: 'node-1',
  };
}
