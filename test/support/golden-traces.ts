import { readdirSync, readFileSync } from 'node:fs';
import type { CorrelatorOptions } from '../../src/correlator/correlator-options.ts';
import { aggregateByReason, spamKeyByObject } from '../../src/correlator/event-keys.ts';
import type { EventPatch } from '../../src/correlator/event-patch.ts';
import type { RecordedEvent } from '../../src/correlator/recorded-event.ts';

/** An Event as it goes into a trace; times are ms after the trace's `startAt`. */
export interface TraceInput {
  readonly atMs: number;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly fieldPath?: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** What client-go decided. */
export interface TraceOutput {
  readonly skip: boolean;
  readonly verb?: string;
  readonly eventName?: string;
  readonly count?: number;
  readonly message?: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly patch?: EventPatch;
  /** The patch as client-go sends it; only in traces about its bytes. */
  readonly patchText?: string;
}

/** A sequence of Events and what client-go's `EventCorrelator` made of it. */
export interface Trace {
  readonly name: string;
  readonly source: { readonly component: string; readonly host: string };
  readonly startAt: string;
  readonly options: Pick<
    CorrelatorOptions,
    'burstSize' | 'lruCacheSize' | 'qps' | 'maxEvents' | 'maxIntervalInSeconds'
  >;
  readonly steps: readonly { readonly in: TraceInput; readonly out: TraceOutput }[];
}

const DIRECTORY = new URL('../testdata/correlator/', import.meta.url);

/** Every trace of every file, under a name that says which. */
export function readTraces(): [name: string, trace: Trace][] {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'));
  return files.flatMap((file) => {
    const traces: Trace[] = JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8'));
    return traces.map((trace): [string, Trace] => [`${file} ${trace.name}`, trace]);
  });
}

/** client-go's way in everything that is an option. Its options name a Go float32. */
export const CLIENT_GO: CorrelatorOptions = {
  keyFunc: aggregateByReason,
  spamKeyFunc: spamKeyByObject,
  nameEvent: (event, atMs) => clientGoName(event.involvedObject.name ?? '', atMs),
  catchUp: false,
};

/** client-go tools/record recorderImpl.makeEvent. */
export function makeTraceEvent(trace: Trace, input: TraceInput): RecordedEvent {
  const atMs = Date.parse(trace.startAt) + input.atMs;
  const { kind, namespace, name, uid, fieldPath } = input;
  return {
    metadata: { name: clientGoName(name, atMs), namespace: namespace ?? 'default' },
    involvedObject: {
      apiVersion: 'v1',
      kind,
      name,
      uid,
      ...(namespace !== undefined && { namespace }),
      ...(fieldPath !== undefined && { fieldPath }),
    },
    type: input.type,
    reason: input.reason,
    message: input.message,
    count: 1,
    firstTimestamp: new Date(atMs),
    lastTimestamp: new Date(atMs),
    source: trace.source,
    reportingComponent: trace.source.component,
    reportingInstance: trace.source.host,
  };
}

/** client-go tools/record/util GenerateEventName. */
function clientGoName(objectName: string, atMs: number): string {
  return `${objectName}.${(BigInt(atMs) * 1_000_000n).toString(16)}`;
}
