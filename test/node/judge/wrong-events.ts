import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { type ExpectedEvent, pattern, pidIn, processesIn } from './expected.ts';
import { differences } from './facts.ts';
import type { Seen } from '../look/seen.ts';

type Events = Pick<Seen, 'events' | 'expected' | 'namespace' | 'nodeName' | 'pods'>;

/** Events that are missing, too many, twice, or not as every tool reads them: nothing, or a line each. */
export function wrongEvents(seen: Events): readonly string[] {
  const { events, expected } = seen;
  const left = [...events];
  const missing = expected.filter((one) => {
    const at = left.findIndex((event) => isIt(event, one, seen));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  return [
    ...missing.map((one) => `no Event of ${whoseOf(one)}: ${one.says[0]}`),
    ...left.map((event) => `an Event nobody expects: ${lineOf(event)}`),
    ...deathsTwice(events),
    ...events.flatMap((event) => malformed(event, seen)),
  ];
}

const whoseOf = ({ pod, fieldPath }: ExpectedEvent): string =>
  pod === undefined ? 'the Node' : `${pod} ${fieldPath}`;

function isIt(event: CoreV1Event, one: ExpectedEvent, { namespace }: Events): boolean {
  const { involvedObject: object, reason, message = '', count } = event;
  const isObject =
    one.pod === undefined
      ? object.kind === 'Node'
      : object.kind === 'Pod' && object.namespace === namespace && object.name === one.pod;
  return (
    isObject &&
    object.fieldPath === one.fieldPath &&
    reason === one.reason &&
    count === 1 &&
    one.says.some((says) => pattern(says).test(message))
  );
}

/** A death has one Event; one of a system-wide OOM has the Node's beside it. */
function deathsTwice(events: readonly CoreV1Event[]): readonly string[] {
  const deaths = events.flatMap(({ reason, message = '' }) => {
    const pid = pidIn(message);
    return pid === undefined ? [] : [`${reason} of pid ${pid}`];
  });
  const twice = deaths.filter((death, at) => deaths.indexOf(death) !== at);
  return twice.map((death) => `twice: ${death}`);
}

/** What is the same in every Event of the agent. */
function malformed(event: CoreV1Event, { nodeName, pods }: Events): readonly string[] {
  const { involvedObject: object, message = '', metadata, source, type } = event;
  const annotation = (key: string): string | undefined =>
    metadata.annotations?.[`oom-recorder.dev/${key}`];
  const pid = pidIn(message);
  const wrong = differences([
    ['type', type, 'Warning'],
    ['source.host', source?.host, nodeName],
    ['involvedObject.apiVersion', object.apiVersion, 'v1'],
    ['involvedObject.uid', object.uid, uidOf(object.name, object.kind, pods) ?? object.uid],
    ['annotation victim-pid', annotation('victim-pid'), pid?.toString()],
    [
      'annotation killed-processes',
      annotation('killed-processes'),
      pid === undefined || object.kind === 'Node'
        ? annotation('killed-processes')
        : String(processesIn(message)),
    ],
  ]);
  return wrong.map((what) => `${what}: ${lineOf(event)}`);
}

/** `kubectl describe pod` looks for a static pod's Events by the hash of its manifest. */
function uidOf(name: string | undefined, kind: string | undefined, pods: readonly V1Pod[]) {
  const pod = kind === 'Pod' ? pods.find(({ metadata }) => metadata?.name === name) : undefined;
  return pod?.metadata?.annotations?.['kubernetes.io/config.mirror'] ?? pod?.metadata?.uid;
}

/** An Event as `kubectl get events` shows it. */
export function lineOf({ count, involvedObject: object, message, reason }: CoreV1Event): string {
  const path = object.fieldPath === undefined ? '' : ` ${object.fieldPath}`;
  return `${reason} x${count} ${object.kind}/${object.name}${path}: ${message}`;
}
