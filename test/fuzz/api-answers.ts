import * as fc from 'fast-check';
import { ApiError } from '../../src/kube/api-errors.ts';
import { classifyAnswer } from '../../src/kube/classify-failure.ts';
import { jsonLines } from '../../src/kube/json-lines.ts';
import { classifyApiError } from '../../src/outputs/kube-sink.ts';
import { readPodList, toWatchEvent } from '../../src/reflector/kube-pods.ts';
import { realisticPod } from '../support/realistic-pod.ts';
import { change, changed } from './mutate-text.ts';
import { asyncTarget, type FuzzTarget, target } from './fuzz-target.ts';

const PODS = [realisticPod(1, 1), realisticPod(2, 3), realisticPod(3, 0)];
const METADATA = { resourceVersion: '7' };
const LIST = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: METADATA, items: PODS });
const GONE = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
const STREAM = [
  ...PODS.map((object, n) => ({ type: n === 2 ? 'DELETED' : 'ADDED', object })),
  { type: 'BOOKMARK', object: { kind: 'Pod', metadata: METADATA } },
  { type: 'ERROR', object: GONE },
]
  .map((event) => `${JSON.stringify(event)}\n`)
  .join('');
const DETAILS = {
  kind: 'events',
  causes: [{ reason: 'NamespaceTerminating' }],
  retryAfterSeconds: 7,
};
const EXISTS = { kind: 'Status', code: 409, reason: 'AlreadyExists', message: 'it exists' };
const STATUS = JSON.stringify({ ...EXISTS, details: DETAILS });

/** An answer, changed, in pieces of any size. */
function pieces(whole: string): fc.Arbitrary<readonly Buffer[]> {
  const changes = fc.array(change, { maxLength: 6 });
  return fc.tuple(changes, fc.array(fc.nat(30_000), { maxLength: 4 })).map(([all, cuts]) => {
    const bytes = Buffer.from(all.reduce(changed, whole), 'latin1');
    const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].toSorted((a, b) => a - b);
    return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  });
}

async function* arriving(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function expectApiErrors(read: () => Promise<unknown>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

export const podList: FuzzTarget = asyncTarget('pod-list', pieces(LIST), (chunks) =>
  expectApiErrors(() => readPodList(arriving(chunks))),
);

export const watchStream: FuzzTarget = asyncTarget('watch-stream', pieces(STREAM), (chunks) =>
  expectApiErrors(async () => {
    for await (const line of jsonLines(arriving(chunks))) toWatchEvent(line, 'watch pods');
  }),
);

const changedStatus = fc.array(change, { maxLength: 6 }).map((all) => all.reduce(changed, STATUS));

/** What is answered where a write was refused, or anything else was. */
const refusal = fc.record({
  status: fc.oneof(fc.constantFrom(200, 403, 404, 409, 410, 422, 429, 500, 503), fc.nat(999)),
  retryAfter: fc.option(fc.oneof(fc.nat().map(String), fc.string()), { nil: undefined }),
  body: fc.oneof(changedStatus, fc.json({ maxDepth: 3 }), fc.string()),
});

/** It is an error of ours, and what it means for the Events that wait can be told; but for 403 and 409, whose causes and reason say it, only a Status has one dropped. */
export const apiAnswer: FuzzTarget = target('api-answer', refusal, (answer) => {
  const { means } = classifyApiError(classifyAnswer('create event', answer));
  const isStatus = answer.body.includes('Status');
  if (means === 'final' && !isStatus && answer.status !== 409 && answer.status !== 403)
    throw new Error(`${answer.status} ${answer.body} drops an Event`);
});
