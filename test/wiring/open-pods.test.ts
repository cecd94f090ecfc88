import { expect, test } from 'vitest';
import { openPods } from '../../src/wiring/open-pods.ts';
import { ApiClient } from '../../src/kube/api-client.ts';
import { ClusterAccess } from '../../src/kube/cluster-access.ts';
import { NodeIdentity } from '../../src/kube/node-identity.ts';
import { openLog } from '../../src/log.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { NO_PODS } from '../../src/pods/pods-file.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { entryOf } from '../support/pod-json.ts';

const clock = new FakeClock(0);

/** Nobody is there: what is known is of an earlier process. */
function nowhere(): ClusterAccess {
  const access = new ClusterAccess();
  access.loadFromClusterAndUser(
    { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false },
    { name: 'u' },
  );
  return access;
}

test('whoever follows the pods is told of those that an earlier process knew', async () => {
  const log = openLog({ level: 'error', format: 'json' }, () => undefined);
  const store = new StateStore({ directory: undefined, historyMax: 1, log, nowMs: () => 0 });
  const known = entryOf();
  store.containers.put([{ key: known.uid, value: known }]);
  await using client = new ApiClient(nowhere());
  const node = new NodeIdentity('node-1');
  using pods = openPods(
    {
      client,
      node,
      listed: NO_PODS,
      store,
      bootId: 'a',
      log,
      recordsLost: () => 0,
    },
    { clock },
  );
  const told: PodEntry[] = [];
  pods.changed$.subscribe((pod) => told.push(pod)).unsubscribe();
  expect(told).toEqual([known]);
});
