import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadKubeconfig, loadServiceAccount } from '../../src/kube/load-cluster.ts';
import { tempDirectory } from '../support/temp-directory.ts';

let dir: string;
beforeEach(() => {
  dir = tempDirectory();
});

function writeKubeconfig(name: string, server?: string): string {
  const file = join(dir, name);
  const cluster = server === undefined ? {} : { clusters: [{ name, cluster: { server } }] };
  const config = {
    ...cluster,
    users: [{ name, user: { token: 't' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function mount(): string {
  writeFileSync(join(dir, 'token'), 'token');
  return dir;
}

describe('a kubeconfig that is named', () => {
  test('is read, and nothing else', () => {
    const kubeconfig = writeKubeconfig('flag', 'https://flag:6443/');
    const env = { KUBECONFIG: writeKubeconfig('env', 'https://env') };
    expect(loadKubeconfig(kubeconfig, env).server).toBe('https://flag:6443');
  });

  test('without a path is that of KUBECONFIG, whose files are merged', () => {
    const [first, second] = [
      writeKubeconfig('one', 'https://one'),
      writeKubeconfig('two', 'https://two'),
    ];
    const access = loadKubeconfig(true, { KUBECONFIG: `${first}::${second}` });
    expect(access.server).toBe('https://one');
    expect(access.getContexts().map(({ name }) => name)).toEqual(['one', 'two']);
  });

  test('without a path and a variable is ~/.kube/config', () => {
    mkdirSync(join(dir, '.kube'));
    writeKubeconfig('.kube/config', 'https://home');
    expect(loadKubeconfig(true, { HOME: dir }).server).toBe('https://home');
  });

  test('is that of another context, where one is named', () => {
    const files = [writeKubeconfig('one', 'https://one'), writeKubeconfig('two', 'https://two')];
    const env = { KUBECONFIG: files.join(':') };
    expect(loadKubeconfig(true, env, 'two').server).toBe('https://two');
    expect(() => loadKubeconfig(true, env, 'three')).toThrow(
      /it has no context three\. kubectl config get-contexts names those it has\.$/,
    );
  });

  test.each([
    ['is missing', '/nonexistent/config', 'there is no such file'],
    ['is a directory', '/', 'it is a directory'],
    ['is empty', '/dev/null', 'it is empty'],
  ])('that %s is told with what to do', (_, path, why) => {
    expect(() => loadKubeconfig(path, {})).toThrow(
      expect.objectContaining({
        code: 'E_NO_CLUSTER',
        isUsage: true,
        message: `Reading the kubeconfig ${path}: ${why}. Name another with --kubeconfig.`,
      }),
    );
  });

  test('that is none is told without a word of what is in it', () => {
    const broken = join(dir, 'broken');
    writeFileSync(broken, '{{{ token: secret');
    const load = (): unknown => loadKubeconfig(broken, {});
    expect(load).toThrow(/it is no kubeconfig, neither YAML nor JSON/);
    expect(load).not.toThrow(/secret/);
  });

  test('leaves out of the server what must not be shown', () => {
    const kubeconfig = writeKubeconfig('flag', 'https://me:secret@flag:6443/base/?token=secret#x');
    expect(loadKubeconfig(kubeconfig, {}).server).toBe('https://flag:6443/base');
  });

  test.each([undefined, '10.0.0.1:6443', 'me:secret@10.0.0.1', 'https://a b', 'unix:///run/api'])(
    'with the server %s, to which no request can be built, is refused without saying it',
    (server) => {
      const kubeconfig = writeKubeconfig('odd', server);
      const load = (): unknown => loadKubeconfig(kubeconfig, {});
      expect(load).toThrow(expect.objectContaining({ code: 'E_NO_CLUSTER', retryable: false }));
      expect(load).toThrow(
        /with an https:\/\/ URL\. Choose one with kubectl config use-context\.$/,
      );
    },
  );
});

describe('the cluster of the pod', () => {
  test.each([
    ['10.0.0.1', '6443', 'https://10.0.0.1:6443'],
    ['fd00::1', undefined, 'https://[fd00::1]'],
  ])('is at %s', (host, port, server) => {
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    expect(loadServiceAccount(env, mount())?.server).toBe(server);
  });

  test('is none outside of one', () => {
    expect(loadServiceAccount({}, mount())).toBeUndefined();
    expect(
      loadServiceAccount({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, dir + '/none'),
    ).toBeUndefined();
  });
});
