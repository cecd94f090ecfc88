import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { resolveBinaries } from '../../hack/control-plane/binaries.ts';
import { run } from '../../hack/control-plane/commands.ts';
import { EAT } from '../node/play/scripts.ts';

/**
 * The agent of `manifests/overlays/unprivileged` on a node with a kubelet, such as `make node` boots:
 * `NODE_KUBECONFIG=… npx vitest run --project e2e test/e2e/unprivileged-node.test.ts`. `make node-test` does that at its end.
 */
const KUBECONFIG = process.env['NODE_KUBECONFIG'];
const MANIFESTS = join(import.meta.dirname, '../../manifests');
const STORM = 20;
const SPACE = 'unprivileged';
/** Pods come and go on an emulated machine. */
const SOON = { timeout: 400_000, interval: 1000 };
const MORE_WOULD_COME_MS = 5_000;
const LIMIT_MS = 900_000;

let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  if (KUBECONFIG === undefined) return;
  const { directory } = await resolveBinaries();
  env = { ...process.env, KUBECONFIG, PATH: [directory, process.env['PATH']].join(delimiter) };
  await kubectl(['create', 'namespace', SPACE]);
  return async () => {
    await kubectl(['delete', 'namespace', SPACE]);
    await inAgents('delete', 'daemonset', 'oom-recorder');
    await apply('base');
    await rolledOut();
  };
}, LIMIT_MS);

const kubectl = (args: readonly string[], input?: string): Promise<string> =>
  run('kubectl', args, { env, ...(input !== undefined && { input }) });
const inAgents = (...args: readonly string[]) => kubectl(['-n', 'oom-recorder', ...args]);
const rolledOut = () => inAgents('rollout', 'status', 'daemonset/oom-recorder', '--timeout=6m');

const apply = (what: string) =>
  kubectl(['apply', '--server-side', '--force-conflicts', '-k', join(MANIFESTS, what)]);

/** Its number on x86_64. */
const INIT_MODULE = 175;

const SPEC = '/spec/template/spec';
const patchAgent = (...operations: readonly object[]) =>
  inAgents(
    'patch',
    'daemonset/oom-recorder',
    '--type=json',
    `--patch=${JSON.stringify(operations)}`,
  );

/** All devices of the node, to see that they are refused though they are there; and the instance once more, below /sys. */
async function mountMore(): Promise<void> {
  const add = (where: string, value: object) => ({ op: 'add', path: `${SPEC}/${where}/-`, value });
  await patchAgent(
    add('volumes', { name: 'dev', hostPath: { path: '/dev' } }),
    add('containers/0/volumeMounts', { name: 'dev', mountPath: '/host-dev' }),
    add('containers/0/volumeMounts', { name: 'tracing', mountPath: '/sys/kernel/debug' }),
  );
}

async function agentPod(): Promise<V1Pod> {
  const args = ['get', 'pods', '-l', 'app.kubernetes.io/name=oom-recorder', '-o', 'json'];
  const { items } = JSON.parse(await inAgents(...args)) as { items: V1Pod[] };
  const alive = items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  expect(alive).toHaveLength(1);
  return alive[0] ?? {};
}

/** What a program in the agent's container is told: what it prints, as JSON. */
async function inAgent(program: string): Promise<unknown> {
  const name = (await agentPod()).metadata?.name ?? '';
  const printed = `console.log(JSON.stringify((() => { ${program} })()))`;
  const node = ['exec', name, '-c', 'oom-recorder', '--', '/nodejs/bin/node', '-e', printed];
  return JSON.parse(await inAgents(...node));
}

/** A function that says how an attempt ends: with an errno's name, or `done`. */
const ATTEMPT = `
  const fs = require('node:fs');
  const attempt = (what) => { try { what(); return 'done'; } catch (e) { return e.code; } };`;

/** A pod whose only container waits at a gate of the node, and eats memory when it is opened. */
function victim(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: SPACE },
    spec: {
      restartPolicy: 'Never',
      hostNetwork: true, // a network of its own takes an emulated node seconds
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'app',
          image: 'busybox:1.37',
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', `read -r _ </gates/go; ${EAT}`],
          resources: { limits: { memory: '16Mi' } },
          volumeMounts: [{ name: 'gates', mountPath: '/gates' }],
        },
      ],
      volumes: [{ name: 'gates', hostPath: { path: `/run/${SPACE}`, type: 'DirectoryOrCreate' } }],
    },
  };
}

/** Makes the gate, and opens it when it is asked to. Who is asked in a container is charged to it, so it has no limit. */
function gatekeeper(): object {
  const pod = victim('gatekeeper') as {
    spec: { containers: { command: string[]; resources: object }[] };
  };
  const [container] = pod.spec.containers;
  if (container !== undefined) {
    container.command = ['sh', '-c', '[ -p /gates/go ] || mkfifo /gates/go; exec sleep 36000'];
    container.resources = {};
  }
  return pod;
}

const create = (...pods: readonly object[]) =>
  kubectl(
    ['create', '--validate=false', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }),
  );
const ready = (...names: readonly string[]) =>
  kubectl(['-n', SPACE, 'wait', 'pods', ...names, '--for=condition=Ready', '--timeout=8m']);

/** Tells all of the gate's pods to eat. */
const openGate = () =>
  kubectl(['-n', SPACE, 'exec', 'gatekeeper', '--', 'sh', '-c', 'echo >/gates/go']);

async function events(): Promise<readonly CoreV1Event[]> {
  const args = ['-n', SPACE, 'get', 'events', '--field-selector=reason=OOMKilling', '-o', 'json'];
  return (JSON.parse(await kubectl(args)) as { items: CoreV1Event[] }).items;
}

describe.skipIf(KUBECONFIG === undefined)('without privilege', { timeout: LIMIT_MS }, () => {
  test('the kubelet starts the agent, and makes its instance', async () => {
    await inAgents('delete', 'daemonset', 'oom-recorder', '--ignore-not-found');
    await apply('overlays/unprivileged');
    await mountMore();
    await rolledOut();
    const { spec, status } = await agentPod();
    expect(spec?.containers[0]?.securityContext?.privileged).toBeUndefined();
    expect(status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0 });
  });

  test('it is nobody: no capability, no new ones, its system calls filtered', async () => {
    const told = await inAgent(`
      const own = require('node:fs').readFileSync('/proc/self/status', 'latin1');
      const word = (name) => own.match(new RegExp(name + ':\\\\s*(\\\\S+)'))[1];
      return ['CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map(word);`);
    expect(told).toEqual(['0000000000000000', '0000000000000000', '1', '2']);
  });

  test('AppArmor confines it by containerd’s default profile, which protects the node’s processes', async () => {
    const told = await inAgent(`${ATTEMPT}
      const profile = fs.readFileSync('/proc/self/attr/current', 'latin1').trim();
      const write = (instance) => attempt(() => fs.writeFileSync(instance + '/tracing_on', '1'));
      return {
        profile,
        signal: attempt(() => process.kill(1, 'SIGCONT')),
        instance: write('/run/oom-recorder/tracing'),
        sameBelowSys: write('/sys/kernel/debug'),
      };`);
    expect(told).toEqual({
      profile: 'cri-containerd.apparmor.d (enforce)',
      signal: 'EACCES',
      instance: 'done',
      sameBelowSys: 'EACCES',
    });
  });

  test('it loads no module: the system call itself is refused', async () => {
    const told = await inAgent(`
      const koffi = require('/app/koffi.node');
      const syscall = koffi.load(null).func('long syscall(long, void *, unsigned long, str)');
      const isLoaded = syscall(${INIT_MODULE}, null, 0, '') === 0;
      return isLoaded ? 'done' : require('node:util').getSystemErrorName(-koffi.errno());`);
    // With the right to, so short a module is ENOEXEC.
    expect(told).toBe('EPERM');
  });

  test('devices are refused though they are there, and so is what else it must not do', async () => {
    const outcomes = await inAgent(`${ATTEMPT}
      const open = (path, flags) => attempt(() => fs.openSync(path, flags));
      const write = (path) => attempt(() => fs.writeFileSync(path, '1'));
      return {
        kmsg: open('/host-dev/kmsg', 'r'),
        disk: open('/host-dev/vda', 'r'),
        memory: open('/host-dev/mem', 'r'),
        sysctl: write('/proc/sys/kernel/dmesg_restrict'),
        sysrq: write('/proc/sysrq-trigger'),
        cgroup: attempt(() => fs.mkdirSync('/sys/fs/cgroup/mine')),
        root: write('/anywhere'),
        otherTracing: attempt(() => fs.readdirSync('/sys/kernel/tracing').length > 0 || fs.accessSync('/nowhere')),
      };`);
    expect(outcomes).toEqual({
      kmsg: 'EPERM',
      disk: 'EPERM',
      memory: 'EPERM',
      sysctl: 'EROFS',
      sysrq: 'EROFS',
      cgroup: 'EROFS',
      root: 'EROFS',
      otherTracing: 'ENOENT',
    });
  });

  test('it records each kill of a storm, on its Pod', async () => {
    await create(gatekeeper());
    await ready('gatekeeper');
    const names = Array.from({ length: STORM }, (_, at) => `storm-${at}`);
    await create(...names.map((name) => victim(name)));
    await ready(...names);
    await openGate();
    const hurt = async () => (await events()).map(({ involvedObject: { name } }) => name ?? '');
    await vi.waitFor(async () => expect(new Set(await hurt()).size).toBe(STORM), SOON);
    const all = await events();
    expect((await hurt()).toSorted()).toEqual(names.toSorted());
    for (const { involvedObject, message, metadata } of all) {
      expect(involvedObject.fieldPath).toBe('spec.containers{app}');
      expect(message).toMatch(
        /^Memory limit of container app \(16Mi\) reached: killed (?:process sh \(pid \d+\)|a process, one of several marked as victims at that moment)/,
      );
      expect(metadata.annotations?.['oom-recorder.dev/context']).toBe('none');
    }
    const named = all.filter(({ message }) => message?.includes('(pid ') === true).length;
    console.log(`${named} of ${STORM} Events name the process`);
  });

  test.each(['tracefs', 'kmsg'])(
    'without hostPID too it tells whose a kill was, its source the %s',
    async (source) => {
      if (source === 'kmsg') {
        await inAgents('delete', 'daemonset', 'oom-recorder');
        await apply('base');
      }
      await patchAgent({ op: 'remove', path: `${SPEC}/hostPID` });
      await rolledOut();
      expect((await agentPod()).spec?.hostPID).toBeUndefined();
      const name = `alone-${source}`;
      await create(victim(name));
      await ready(name);
      await openGate();
      const ofIt = async () =>
        (await events()).filter(({ involvedObject }) => involvedObject.name === name);
      await vi.waitFor(async () => expect(await ofIt()).not.toEqual([]), SOON);
      await sleep(MORE_WOULD_COME_MS);
      const message = expect.stringMatching(
        /^Memory limit of container app \(16Mi\) reached: killed process sh \(pid \d+\)/,
      );
      const involvedObject = { fieldPath: 'spec.containers{app}' };
      expect(await ofIt()).toMatchObject([{ involvedObject, message }]);
    },
  );
});
