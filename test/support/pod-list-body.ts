import { Readable } from 'node:stream';
import { podJson } from './pod-json.ts';
import type { Behaviour } from './misbehaving-server.ts';

/** A Pod with one variable so long; with `value: '<'` its JSON is six times as long. */
export function hugePod(name: string, length: number, value = 'x'): object {
  const pod = podJson({ name });
  const env = [{ name: 'BALLAST', value: value.repeat(length) }];
  const containers = [{ name: 'app', image: 'app', env }];
  return { ...pod, spec: Object.assign({}, pod['spec'], { containers }) };
}

/** The JSON of so many of them, as an API server writes it. */
export function* hugePods(count: number, length: number, value = 'x'): Generator<string> {
  const template = goJson(hugePod('huge-N', length, value));
  for (let n = 0; n < count; n += 1) yield template.replaceAll('huge-N', `huge-${n}`);
}

/** The JSON of so many pods, each with so many node selector terms: an empty one is 2 bytes in etcd. */
export function* podsOfTerms(count: number, terms: number): Generator<string> {
  const nodeSelectorTerms = Array.from({ length: terms }, () => ({}));
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  for (let n = 0; n < count; n += 1) {
    const pod = podJson({ name: `terms-${n}` });
    const affinity = { nodeAffinity: required };
    yield JSON.stringify({ ...pod, spec: Object.assign({}, pod['spec'], { affinity }) });
  }
}

/** Go escapes these in JSON, as the API server does; JavaScript does not. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`);
}

/** The JSON of a PodList as an API server writes it, made as it is read: a string for each pod. */
export function* podListBody(pods: Iterable<string>, resourceVersion = '10'): Generator<string> {
  yield `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"${resourceVersion}"},"items":[`;
  let comma = '';
  for (const pod of pods) {
    yield comma + pod;
    comma = ',';
  }
  yield ']}\n';
}

/** A 200 that is written only as fast as it is read. */
export function answerInPieces(pieces: () => Iterable<string>): Behaviour {
  return ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    Readable.from(pieces()).pipe(response);
  };
}
