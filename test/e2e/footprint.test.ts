import { describe, expect } from 'vitest';
import { createNode } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { crowdNode } from '../support/crowded-node.ts';
import { GOALS } from '../support/footprint.ts';
import { startMeasured } from '../support/measured-bundle.ts';
import { needsRoot } from '../support/needs-root.ts';

const NODE = 'footprint-node';
const PODS = 100;
/** A goal that is missed by a tenth is missed. */
const TOLERANCE = 1.1;
const TIMEOUT_MS = 240_000;

const test = testWithCluster();

describe.skipIf(needsRoot())('the bundle on a node of 100 pods', () => {
  test(
    'needs no more memory than docs/scale.md says',
    { timeout: TIMEOUT_MS },
    async ({ cluster }) => {
      await createNode(cluster, NODE);
      await crowdNode(cluster, NODE, PODS);
      await using agent = await startMeasured({ cluster, nodeName: NODE, log: 'kernel' });
      await agent.whenSynced();
      const measured = agent.footprint();
      console.log('idle, MiB', measured);
      expect(measured.residentMb).toBeLessThan(GOALS.idle.residentMb * TOLERANCE);
      expect(measured.anonymousMb).toBeLessThan(GOALS.idle.anonymousMb * TOLERANCE);
    },
  );
});
