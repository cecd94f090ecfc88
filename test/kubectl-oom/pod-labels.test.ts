import { expect, test } from 'vitest';
import type { Query } from '../../src/kube/api-client.ts';
import { ApiError } from '../../src/kube/api-errors.ts';
import type { OomKill } from '../../src/kubectl-oom/oom-kill.ts';
import { PodLabels } from '../../src/kubectl-oom/pod-labels.ts';

const NEVER = new AbortController().signal;
const AWAY = new ApiError('no answer', { code: 'E_API_UNREACHABLE', retryable: true });

const killOf = (pod: string) => ({ namespace: 'shop', pod }) as OomKill;

/** An API server that selects every Pod, and does not answer about those that are away. */
function labels(away: Set<string>): PodLabels {
  const getJson = async (_path: string, query: Query = {}): Promise<unknown> => {
    const name = String(query['fieldSelector']).replace('metadata.name=', '');
    if (away.has(name)) throw AWAY;
    const metadata = { namespace: 'shop', name };
    return { kind: 'PodList', metadata: { resourceVersion: '1' }, items: [{ metadata }] };
  };
  return new PodLabels({ getJson }, 'shop', 'app=web');
}

test('a Pod that cannot be asked about comes again, and keeps no other from being asked about', async () => {
  const away = new Set(['web-0']);
  const pods = labels(away);
  const kills = [killOf('web-0'), killOf('web-1')];
  const unanswered = await pods.lookAtAll(kills, NEVER);
  expect(unanswered).toEqual([killOf('web-0')]);
  expect(pods.select(kills)).toEqual([killOf('web-1')]);
  away.clear();
  expect(await pods.lookAtAll(unanswered, NEVER)).toEqual([]);
  expect(pods.select(kills)).toEqual(kills);
});

test('who ends the watch is not asked to wait', async () => {
  const looking = labels(new Set(['web-0'])).lookAtAll([killOf('web-0')], AbortSignal.abort());
  await expect(looking).rejects.toThrow('no answer');
});
