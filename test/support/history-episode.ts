import type { FakeAgent } from './history-cluster.ts';

/** An agent that knows these episodes, and whatever else it says. */
export function agent(
  episodes: readonly object[],
  facts: object = { recordedSince: '2026-11-20T08:00:00Z' },
): FakeAgent {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ schemaVersion: 1, ...facts, episodes }));
  };
}

/** As docs/webhook.md shows it. */
export function episode(node: string, facts: object = {}): object {
  return {
    id: `boot-of-${node}-1000`,
    node,
    time: '2026-11-21T12:00:00.000Z',
    sequence: 1000,
    monotonicUs: 86_400_000_000,
    constraint: 'CONSTRAINT_MEMCG',
    limitLevel: 'container',
    namespace: 'shop',
    pod: 'web-0',
    podUid: '4c1d6f0e-3f6b-4b0e-8a57-5d1a3c5f7e21',
    container: 'app',
    context: 'full',
    killLines: 1,
    killed: 2,
    usageKb: 524_288,
    limitKb: 524_288,
    memory: { anonKb: 510_000, fileKb: 0, shmemKb: 0, kernelKb: 14_000 },
    victim: { pid: 4242, comm: 'java', anonRssKb: 510_000 },
    members: [{ pid: 4243, comm: 'child' }],
    tasks: [
      {
        pid: 4242,
        tgid: 4242,
        uid: 0,
        comm: 'java',
        totalVmPages: 1,
        rssPages: 127_500,
        oomScoreAdj: 0,
      },
    ],
    events: [
      {
        involvedObject: {
          kind: 'Pod',
          namespace: 'shop',
          name: 'web-0',
          fieldPath: 'spec.containers{app}',
        },
        reason: 'OOMKilling',
        message: 'Memory limit of container app (512Mi) reached: killed process java (pid 4242)',
      },
    ],
    ...facts,
  };
}

/** One that hurt the Node alone. */
export const onNode = (node: string): object => ({
  limitLevel: 'system',
  events: [
    { involvedObject: { kind: 'Node', name: node }, reason: 'SystemOOM', message: 'System OOM' },
  ],
});
