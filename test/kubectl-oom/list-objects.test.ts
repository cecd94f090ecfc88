import { describe, expect, test } from 'vitest';
import type { Query } from '../../src/kube/api-client.ts';
import { ApiError } from '../../src/kube/api-errors.ts';
import { listObjects, pathOf } from '../../src/kubectl-oom/list-objects.ts';
import { failure } from '../support/failure.ts';

const GONE = new ApiError('GET', { code: 'E_API_GONE', retryable: true });

/** A server that gives these pages, or failures, one after the other. */
function pages(...answers: readonly (object | ApiError)[]) {
  const asked: (Query | undefined)[] = [];
  const getJson = async (_path: string, query?: Query): Promise<unknown> => {
    const answer = answers[asked.push(query) - 1];
    if (answer instanceof ApiError) throw answer;
    return answer;
  };
  return { asked, client: { getJson } };
}

const page = (items: readonly unknown[], next?: string) => ({
  metadata: { resourceVersion: '7', continue: next },
  items,
});
const list = (client: Parameters<typeof listObjects>[0]) =>
  listObjects(client, '/api/v1/events', { labelSelector: 'a' }, new AbortController().signal);

describe('a collection', () => {
  test('is listed page by page', async () => {
    const { asked, client } = pages(page([1, 2], 'more'), page([3]));
    expect(await list(client)).toEqual({ objects: [1, 2, 3], resourceVersion: '7' });
    expect(asked).toEqual([
      { labelSelector: 'a', limit: 100, continue: undefined },
      { labelSelector: 'a', limit: 100, continue: 'more' },
    ]);
  });

  test('is begun anew where its version is gone meanwhile, three times at most', async () => {
    const { asked, client } = pages(page([1], 'more'), GONE, page([2]));
    expect((await list(client)).objects).toEqual([2]);
    expect(asked).toHaveLength(3);
    expect((await failure(list(pages(GONE, GONE, GONE, page([1])).client))).code).toBe(
      'E_API_GONE',
    );
  });

  test.each([{}, { items: [] }, { metadata: { resourceVersion: '1' } }])(
    'is not %j',
    async (answer) => {
      expect((await failure(list(pages(answer).client))).code).toBe('E_API_GARBLED');
    },
  );

  test('is in its namespace, whatever that is called', () => {
    expect(pathOf('pods', undefined)).toBe('/api/v1/pods');
    expect(pathOf('pods', 'a/../b')).toBe('/api/v1/namespaces/a%2F..%2Fb/pods');
  });
});
