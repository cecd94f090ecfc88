import * as fc from 'fast-check';
import { ApiError } from '../../src/kube/api-errors.ts';
import { jsonLines } from '../../src/kube/json-lines.ts';
import { readPodList } from '../../src/reflector/kube-pods.ts';
import { realisticPod } from '../support/realistic-pod.ts';
import { change, changed } from './mutate-text.ts';
import { asyncTarget, type FuzzTarget } from './fuzz-target.ts';

const PODS = [realisticPod(1, 1), realisticPod(2, 3), realisticPod(3, 0)];
const METADATA = { resourceVersion: '7' };
const LIST = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: METADATA, items: PODS });
const STREAM = PODS.map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`).join('');

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
    for await (const _ of jsonLines(arriving(chunks)));
  }),
);
