import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { loadAllYaml, loadYaml, type V1DaemonSet } from '@kubernetes/client-node';
import { describe, expect, vi } from 'vitest';
import { run } from '../../hack/control-plane/commands.ts';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { makeCertificate } from '../support/certificates.ts';
import { testWithCluster } from '../support/cluster.ts';
import { runDaemonSet } from '../support/run-daemon-set.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');
const CRDS = join(import.meta.dirname, '../testdata/crds');
const STRICT = ['--server-side', '--validate=strict'];
const NAMESPACE = 'oom-recorder';

/** What the agent may do, wherever: the whole of its ClusterRole. */
const ALLOWED = [
  ['get', 'pods'],
  ['list', 'pods'],
  ['watch', 'pods'],
  ['create', 'events'],
  ['patch', 'events'],
  ['get', 'nodes'],
] as const;

/** A sample of what it must not. */
const REFUSED = [
  ['list', 'secrets'],
  ['get', 'configmaps'],
  ['delete', 'pods'],
  ['patch', 'pods'],
  ['create', 'pods/exec'],
  ['get', 'pods/log'],
  ['list', 'events'],
  ['delete', 'events'],
  ['list', 'nodes'],
  ['patch', 'nodes'],
  ['get', 'nodes/proxy'],
  ['create', 'serviceaccounts/token'],
] as const;

const test = testWithCluster().extend<{ installed: ControlPlane }>({
  installed: [
    async ({ cluster }, use) => {
      await cluster.kubectl(['apply', ...STRICT, '-k', join(MANIFESTS, 'base')]);
      await use(cluster);
    },
    { scope: 'file' },
  ],
});

/** A Pod as the DaemonSet controller would make it. */
async function podOfDaemonSet(cluster: ControlPlane, name = 'oom-recorder'): Promise<unknown> {
  const rendered = await cluster.kubectl(['get', 'daemonset', name, '-n', NAMESPACE, '-o', 'yaml']);
  const { spec } = loadYaml<{ spec: { template: object } }>(rendered);
  return { apiVersion: 'v1', kind: 'Pod', ...spec.template };
}

function createPod(cluster: ControlPlane, namespace: string, pod: unknown): Promise<string> {
  const named = { ...(pod as object), metadata: { name: 'agent', namespace } };
  const input = JSON.stringify(named);
  return cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { input });
}

/** The API server's own word on it, without a namespace: in all of them. */
async function isAllowed(cluster: ControlPlane, verb: string, what: string): Promise<string> {
  const { kubeconfig } = await cluster.tokenFor(NAMESPACE, 'oom-recorder');
  const [resource, subresource] = what.split('/');
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, resource, subresource } },
  };
  const args = ['create', '--validate=false', '-f', '-', '-o', 'jsonpath={.status.allowed}'];
  return cluster.kubectl(args, { kubeconfig, input: JSON.stringify(review) });
}

describe('the manifests', () => {
  test('are taken by the API server, field by field, and again', async ({ installed }) => {
    const again = await installed.kubectl(['apply', ...STRICT, '-k', join(MANIFESTS, 'base')]);
    expect(again.trim().split('\n')).toHaveLength(6);
  });

  test('make pods that admission lets in, in that namespace alone', async ({ installed }) => {
    const pod = await podOfDaemonSet(installed);
    expect(await createPod(installed, NAMESPACE, pod)).toContain('pod/agent created');
    await installed.kubectl(['create', 'namespace', 'restricted']);
    const label = 'pod-security.kubernetes.io/enforce=baseline';
    await installed.kubectl(['label', 'namespace', 'restricted', label]);
    await expect(createPod(installed, 'restricted', pod)).rejects.toThrow('privileged');
  });

  test('bring an example that even a restricted namespace takes', async ({ cluster }) => {
    await cluster.kubectl(['create', 'namespace', 'shop']);
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    await cluster.kubectl(['label', 'namespace', 'shop', label]);
    const file = join(MANIFESTS, 'examples/oom-pod.yaml');
    const applied = await cluster.kubectl(['apply', ...STRICT, '-n', 'shop', '-f', file]);
    expect(applied).toBe(
      'pod/oom-container serverside-applied\npod/oom-child serverside-applied\n',
    );
  });
});

describe('the component for tokens', () => {
  const REVIEWS = [
    ['create', 'tokenreviews.authentication.k8s.io'],
    ['create', 'subjectaccessreviews.authorization.k8s.io'],
  ] as const;

  test('adds two rights to the base, and nothing else', async ({ installed }) => {
    const can = async (verb: string, what: string): Promise<string> => {
      const who = `--as=system:serviceaccount:${NAMESPACE}:oom-recorder`;
      return installed.kubectl(['auth', 'can-i', verb, what, who]).catch(() => 'no\n');
    };
    for (const [verb, what] of REVIEWS) expect(await can(verb, what)).toBe('no\n');
    const overlay = tempDirectory();
    const kustomization = {
      resources: [join(MANIFESTS, 'base')],
      components: [join(MANIFESTS, 'components/api-access')],
    };
    const relativePaths = JSON.stringify(kustomization, (_, value: unknown) =>
      typeof value === 'string' ? relative(overlay, value) : value,
    );
    await writeFile(join(overlay, 'kustomization.yaml'), relativePaths);
    const applied = await installed.kubectl(['apply', ...STRICT, '-k', overlay]);
    expect(applied.trim().split('\n')).toHaveLength(6 + 2);
    for (const [verb, what] of REVIEWS) {
      await vi.waitFor(async () => expect(await can(verb, what)).toBe('yes\n'), { timeout: 5_000 });
    }
    for (const [verb, what] of REFUSED) {
      expect(await isAllowed(installed, verb, what), `${verb} ${what}`).toBe('false');
    }
  });
});

describe('what removes the state', () => {
  test('makes pods that admission lets in', async ({ installed }) => {
    const file = join(MANIFESTS, 'examples/remove-state.yaml');
    await installed.kubectl(['apply', ...STRICT, '-f', file]);
    const pod = await podOfDaemonSet(installed, 'remove-state');
    expect(await createPod(installed, NAMESPACE, pod)).toContain('pod/agent created');
    await installed.kubectl(['delete', '-f', file]);
  });

  test('removes what the agent has, and nothing else', async () => {
    const text = await readFile(join(MANIFESTS, 'examples/remove-state.yaml'), 'utf8');
    const [remove] = loadYaml<V1DaemonSet>(text).spec?.template.spec?.initContainers ?? [];
    const lib = tempDirectory();
    await mkdir(join(lib, 'oom-recorder/printed'), { recursive: true });
    await writeFile(join(lib, 'oom-recorder/state.db'), '');
    await mkdir(join(lib, 'kubelet'));
    const [command = '', ...args] = remove?.command ?? [];
    const inLib = (arg: string) => arg.replace(/^\/host(?=\/)/, lib);
    await run(command, args.map(inLib));
    expect(await readdir(lib)).toEqual(['kubelet']);
    expect(remove?.volumeMounts).toEqual([{ name: 'lib', mountPath: '/host' }]);
  });
});

describe('the overlays', () => {
  test('are taken by the API server and the operator’s own definitions', async ({ installed }) => {
    await installed.kubectl(['apply', '--server-side', '-f', CRDS]);
    for (const [overlay, added] of [
      ['kube-prometheus-stack', 4],
      ['outputs', 2],
      ['secured', 3 + 2 + 4],
      ['tracefs', 0],
    ] as const) {
      const apply = () =>
        installed.kubectl(['apply', ...STRICT, '-k', join(MANIFESTS, 'overlays', overlay)]);
      const eventually = { timeout: 15_000, interval: 200 };
      const applied = (await vi.waitFor(apply, eventually)).trim().split('\n');
      expect(applied, `overlay ${overlay}`).toHaveLength(6 + added);
      const pod = await podOfDaemonSet(installed);
      expect(await createPod(installed, NAMESPACE, pod)).toContain('pod/agent created');
    }
  });

  test('with outputs give the agent options that it takes', async ({ cluster }) => {
    const rendered = await cluster.kubectl(['kustomize', join(MANIFESTS, 'overlays/outputs')]);
    const directory = tempDirectory();
    await writeFile(join(directory, 'secret'), 'example');
    const ran = await runDaemonSet(loadAllYaml(rendered), directory);
    expect(ran.stderr).toContain('[E_KMSG_NOT_FOUND]');
  });
});

describe('the overlay with TLS', () => {
  test('gives the agent options that it takes', async ({ cluster }) => {
    const rendered = await cluster.kubectl(['kustomize', join(MANIFESTS, 'overlays/secured')]);
    const directory = tempDirectory();
    const run = () => runDaemonSet(loadAllYaml(rendered), directory);
    expect((await run()).stderr).toMatch(/tls\.crt cannot be read: .* \[E_LISTEN_TLS\]/);
    const { cert, key } = makeCertificate('agent');
    await writeFile(join(directory, 'tls.crt'), cert);
    await writeFile(join(directory, 'tls.key'), key);
    expect((await run()).stderr).toContain('[E_KMSG_NOT_FOUND]');
  });
});

describe('the ServiceAccount', () => {
  test('may do what the agent does, in every namespace', async ({ installed }) => {
    for (const [verb, what] of ALLOWED) {
      expect(await isAllowed(installed, verb, what), `${verb} ${what}`).toBe('true');
    }
  });

  test('may do nothing else', async ({ installed }) => {
    for (const [verb, what] of REFUSED) {
      expect(await isAllowed(installed, verb, what), `${verb} ${what}`).toBe('false');
    }
  });

  test('is refused when it tries', async ({ installed }) => {
    const { kubeconfig } = await installed.tokenFor(NAMESPACE, 'oom-recorder');
    const kubectl = (...args: string[]) => installed.kubectl(args, { kubeconfig });
    const node = JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
    await installed.kubectl(['create', '-f', '-'], { input: node });
    await vi.waitFor(() => kubectl('get', 'node', 'node-1'), { timeout: 5_000 });
    await kubectl('get', 'pods', '-A');

    await expect(kubectl('get', 'secrets', '-A')).rejects.toThrow('cannot list resource "secrets"');
    await expect(kubectl('label', 'node', 'node-1', 'a=b')).rejects.toThrow(
      'cannot patch resource "nodes"',
    );
    await expect(kubectl('delete', 'pod', 'any', '-n', 'default')).rejects.toThrow(
      'cannot delete resource "pods"',
    );
  });
});

describe('kubectl delete', () => {
  test('takes away whatever was applied', async ({ installed }) => {
    await installed.kubectl([
      'delete',
      '--wait=false',
      '--ignore-not-found',
      '-k',
      join(MANIFESTS, 'overlays/secured'),
    ]);
    const left = () =>
      installed.kubectl(['get', 'daemonset,serviceaccount,resourcequota', '-n', NAMESPACE]);
    await vi.waitFor(async () => expect(await left()).toBe(''), { timeout: 10_000 });
    for (const kind of ['clusterrole', 'clusterrolebinding'])
      await expect(installed.kubectl(['get', kind, 'oom-recorder'])).rejects.toThrow('NotFound');
  });
});
