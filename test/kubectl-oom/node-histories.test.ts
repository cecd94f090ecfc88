import { afterEach, describe, expect, test } from 'vitest';
import { runKubectlOom } from '../../src/kubectl-cli.ts';
import { makeCertificate } from '../support/certificates.ts';
import { runFakeProgram } from '../support/fake-edge.ts';
import {
  type FakeAgent,
  type HistoryCluster,
  type HistoryClusterOptions,
  startHistoryCluster,
} from '../support/history-cluster.ts';
import { agent, episode, onNode } from '../support/history-episode.ts';
import { asJson, podEvent } from '../support/oom-event.ts';

let cluster: HistoryCluster;
afterEach(async () => cluster[Symbol.asyncDispose]());

async function oom(options: HistoryClusterOptions, ...args: readonly string[]) {
  cluster = await startHistoryCluster(options);
  return runFakeProgram(runKubectlOom, [...args, '--kubeconfig', cluster.kubeconfig]);
}

describe('the nodes are asked for their histories', () => {
  test('and tell how far back these reach', async () => {
    const nodes = {
      'node-1': agent([episode('node-1')]),
      'node-2': agent([], { recordedSince: '2026-11-22T08:00:00Z' }),
      'node-3': agent([], {}),
    };
    const { code, stdout, stderr } = await oom({ nodes }, '--since', '2d');
    expect(stdout).toBe(
      'POD     CONTAINER   PROCESS          LIMIT   LAST   COUNT   NODE\n' +
        'web-0   app         java (4242) +1   512Mi   24h    1       node-1\n',
    );
    expect(stderr).toBe(
      'Source: the histories of 3 nodes; the shortest begins 2026-11-22T08:00:00Z (node-2); 1 recorded nothing yet.\n',
    );
    expect(code).toBe(0);
    expect(cluster.asked.toSorted()[0]).toBe(
      'node-1 /api/v1/episodes?limit=1000&namespace=shop&since=2026-11-20T12%3A00%3A00.000Z',
    );
  });

  test('all of them, or one', async () => {
    const nodes = {
      'node-1': agent([episode('node-1', onNode('node-1'))]),
      'node-2': agent([episode('node-2', { state: 'pending', events: [], namespace: undefined })]),
    };
    const all = await oom({ nodes }, '--from-node', '-A', '-o', 'json');
    expect(JSON.parse(all.stdout)).toMatchObject({
      source: 'nodes',
      items: [
        { node: 'node-1', reason: 'SystemOOM', limitLevel: 'system' },
        { node: 'node-2', message: expect.stringMatching(/^Whose it was is not known yet/) },
      ],
    });
    const one = await oom({ nodes }, '--from-node', '-A', '--node=node-2', '-o', 'name');
    expect(one.stdout).toBe('node/node-2\n');
    expect(cluster.asked).toEqual(['node-2 /api/v1/episodes?limit=1000']);
  });

  test('but for those of another node’s Pod on the same kernel', async () => {
    const nobody = { namespace: undefined, pod: undefined, container: undefined, events: [] };
    const nodes = { 'node-1': agent([episode('node-1', nobody)]) };
    const { stdout, stderr } = await oom({ nodes }, '--from-node', '-A');
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^No OOM kills found in all namespaces\.\n/);
  });

  test('also for those about which no Event was posted, or nothing was ever decided', async () => {
    const nobody = { namespace: undefined, pod: undefined, container: undefined };
    const hidden = episode('node-1', { events: [] });
    const kept = episode('node-1', { id: 'boot-1-7', ...nobody, events: [], state: 'kept' });
    const { stdout } = await oom(
      { nodes: { 'node-1': agent([hidden, kept]) } },
      '--from-node',
      '-A',
    );
    expect(stdout).toMatch(/^shop +web-0 +app +java \(4242\)/m);
    expect(stdout).toMatch(/^<none> +<none> +<none> +java \(4242\)/m);
  });

  test('for the kernel’s whole report of a Pod’s last kill, of the node where it is', async () => {
    const nodes = { 'node-1': agent([episode('node-1')]), 'node-2': agent([]) };
    const { code, stdout } = await oom({ nodes }, 'web-0', '--from-node');
    expect(stdout).toMatch(
      /^OOM kill oom-1000, 2026-11-21T12:00:00\.000Z\nMemory limit of container/,
    );
    expect(stdout).toMatch(/anonymous +\d+Mi +97 %/);
    expect(stdout).toMatch(/✗ +4242 /);
    expect(code).toBe(0);
    expect(cluster.asked).toEqual([
      'node-1 /api/v1/episodes?limit=1&namespace=shop&pod=web-0&tasks=true',
    ]);
  });

  test('over TLS where their probes say so', async () => {
    const certificate = makeCertificate('agent');
    const nodes = { 'node-1': agent([episode('node-1')]), 'node-2': agent([]) };
    const { code, stdout } = await oom({ nodes, certificate }, '--from-node', '-o', 'name');
    expect([code, stdout]).toEqual([0, 'pod/web-0\n']);
  });

  test('once more where they are busy', async () => {
    let busy = 2;
    const slow: FakeAgent = (request, response) => {
      if (busy === 0) return agent([episode('node-1')])(request, response);
      busy -= 1;
      response.writeHead(429, { 'Retry-After': '0' }).end();
    };
    const { stdout } = await oom({ nodes: { 'node-1': slow } }, '--from-node', '-o', 'name');
    expect(stdout).toBe('pod/web-0\n');
  }, 15_000);
});

describe('it is said, and the exit code is 1, where', () => {
  test('those that answered have none', async () => {
    const nodes = { 'node-1': agent([]), 'node-2': undefined };
    const { code, stderr } = await oom({ nodes }, '--from-node');
    expect(stderr).toMatch(/^No OOM kills found in namespace shop by the nodes that answered\.\n/);
    expect(code).toBe(1);
  });

  const good = agent([episode('node-1')]);

  test('a node does not answer, or has no agent: what the others told is shown', async () => {
    const refuses: FakeAgent = (_request, response) => {
      response.writeHead(403, {}).end('{"error":"not from loopback"}');
    };
    const old: FakeAgent = (_request, response) => response.writeHead(404).end();
    const nodes = {
      'node-1': good,
      'node-2': refuses,
      'node-3': old,
      'node-4': undefined,
      'node-5': { error: 'connection refused' },
    };
    const { code, stdout, stderr } = await oom({ nodes }, '--since', '3d', '-o', 'name');
    expect(stdout).toBe('pod/web-0\n');
    expect(stderr).toMatch(/^error: Asking the nodes .* so this is not all: /m);
    for (const reason of [
      'node-2: HTTP 403: not from loopback',
      'node-3: its agent has no /api/v1/episodes: is it of an earlier version?',
      'node-4: no agent runs there in namespace oom-recorder',
      'node-5: connection refused',
    ])
      expect(stderr).toContain(reason);
    expect(code).toBe(1);
  });

  test('none of them may be asked', async () => {
    const path = '/api/v1/namespaces/oom-recorder/pods/agent-of-node-1/portforward';
    const { code, stderr } = await oom(
      { nodes: { 'node-1': good }, forbidden: [path] },
      '--since=2h',
    );
    expect(stderr).not.toMatch(/No OOM kills found/);
    expect(stderr).toContain(`node-1: ${path} is forbidden: User "jane"`);
    expect(code).toBe(1);
  });

  test('the agents cannot be listed, or there are none', async () => {
    const forbidden = ['/api/v1/namespaces/oom-recorder/pods'];
    const refused = await oom({ nodes: {}, forbidden }, '--since=2h');
    expect(refused.stderr).toMatch(
      /^error: Looking for agents in namespace oom-recorder at .*forbidden/,
    );
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    const none = await oom({ nodes: {} }, '--since=2h');
    expect(none.stderr).toMatch(/no agent runs in namespace oom-recorder, --recorder-namespace/);
    expect(none.code).toBe(1);
  });

  describe('no node can be asked, and Events are there', () => {
    const atMs = Date.UTC(2026, 10, 22, 11, 30);
    const scene = { nodes: { 'node-1': undefined }, events: [asJson(podEvent({ atMs }))] };

    test('which are shown where more than they reach was wanted', async () => {
      const { code, stdout, stderr } = await oom(scene, '--since=1d', '-o', 'json');
      expect(JSON.parse(stdout)).toMatchObject({ source: 'events', items: [{ pod: 'web-0' }] });
      expect(stderr).toBe(
        'Source: Events alone, which the API server keeps for an hour unless its --event-ttl says otherwise: the nodes’ histories could not be asked.\n' +
          'error: Asking the nodes for what they have recorded failed, so this is not all: node-1: no agent runs there in namespace oom-recorder [E_NODE_HISTORY]\n',
      );
      expect(code).toBe(1);
    });

    test('or are said to be none', async () => {
      const { code, stderr } = await oom({ ...scene, events: [] }, '--since=1d');
      expect(stderr).toMatch(
        /^No OOM kills found in namespace shop in the last 24h by Events alone\.\n/,
      );
      expect(code).toBe(1);
    });

    test('which are not what was asked for with --from-node', async () => {
      const { code, stdout, stderr } = await oom(scene, '--since=1d', '--from-node');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^error: Asking the nodes /);
    });
  });

  test('something else listens there', async () => {
    const page: FakeAgent = (_request, response) => response.end('<html>');
    const { code, stderr } = await oom({ nodes: { 'node-1': page } }, '--from-node');
    expect(stderr).toContain('node-1: ');
    expect(code).toBe(1);
  });
});

test('nodes that may not be listed are a word, no failure', async () => {
  const nodes = { 'node-1': agent([episode('node-1')]), 'node-2': undefined };
  const { code, stderr } = await oom({ nodes, forbidden: ['/api/v1/nodes'] }, '--from-node');
  expect(stderr).toMatch(/Nodes without an agent are not known: listing nodes is not allowed\./);
  expect(code).toBe(0);
});
