import { describe, expect, test } from 'vitest';
import { readPodList } from '../../src/reflector/kube-pods.ts';
import { entryOf, podJson } from '../support/pod-json.ts';
import { podListBody } from '../support/pod-list-body.ts';
import { podFailures } from '../support/pod-failures.ts';

async function* stream(texts: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
const read = (...texts: readonly string[]) => readPodList(stream(texts));
const POD = JSON.stringify(podJson());
const METADATA = '"metadata":{"resourceVersion":"7"}';

describe('readPodList', () => {
  test('keeps the entry of each pod', async () => {
    const pods = ['a', 'b'].map((name) => JSON.stringify(podJson({ name })));
    expect(await read(...podListBody(pods, '7'))).toEqual({
      resourceVersion: '7',
      pods: [entryOf({ name: 'a' }), entryOf({ name: 'b' })],
      skipped: [],
    });
  });

  test('passes over a pod that is too large, tells it, and finds the one behind it', async () => {
    const large = JSON.stringify(podJson({ name: 'a'.repeat(3000) }));
    const list = await readPodList(stream(podListBody([large, POD])), 2000);
    expect(list.pods).toEqual([entryOf()]);
    expect(list.skipped.map(({ message }) => message)).toEqual([
      `${large.length} bytes of JSON, more than 2000`,
    ]);
  });

  test.each([
    ['another order of fields', `{"items":[${POD}],${METADATA}}`, 1],
    ['items that are null', `{"items":null,${METADATA}}`, 0],
    ['no items', `{${METADATA}}`, 0],
    ['what is not a Pod', `{"items":[{"kind":"Status"},${POD}],${METADATA}}`, 1],
  ])('takes %s', async (_, text, pods) => {
    expect((await read(text)).pods).toHaveLength(pods);
  });

  test.each([
    ['half of it', `{${METADATA},"items":[${POD},`],
    ['half of a pod', `{${METADATA},"items":[${POD.slice(0, 50)}`],
    ['all but the last byte', `{${METADATA},"items":[${POD}]`],
    ['two documents', `{${METADATA},"items":[${POD}]}{}`],
    ['a pod that is no JSON', `{${METADATA},"items":[{"a":}]}`],
    ['a comma too many', `{${METADATA},"items":[${POD},,${POD}]}`],
    ['no version', `{"items":[${POD}]}`],
    [
      'a list that continues elsewhere',
      `{"metadata":{"resourceVersion":"7","continue":"x"},"items":[]}`,
    ],
    ['an item that is no object', `{${METADATA},"items":[${POD},5]}`],
    ['objects in another array', `{${METADATA},"items":[],"others":[${POD}]}`],
    ['items that are no array', `{${METADATA},"items":{}}`],
    ['another document', '{"kind":"Status"}'],
    ['nothing', ''],
    ['a page', '<html>'],
  ])('takes no %s for a list', async (_, text) => {
    await expect(read(text)).rejects.toThrow(/whole PodList|JSON/);
  });

  test('fails as its source does', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from(`{${METADATA},"items":[${POD}]}`));
      throw podFailures.broken();
    }
    await expect(readPodList(broken())).rejects.toThrow('broken');
  });
});
