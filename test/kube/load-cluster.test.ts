import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadCluster } from '../../src/kube/load-cluster.ts';
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

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };

describe('loadCluster', () => {
  test('takes the file of the flag before everything else', () => {
    const kubeconfig = writeKubeconfig('flag', 'https://flag:6443/');
    const env = { ...IN_CLUSTER, KUBECONFIG: writeKubeconfig('env', 'https://env') };
    const access = loadCluster({ kubeconfig, env, serviceAccountDir: mount() });
    expect(access.server).toBe('https://flag:6443');
  });

  test('takes KUBECONFIG before the service account, and merges its files', () => {
    const [first, second] = [
      writeKubeconfig('one', 'https://one'),
      writeKubeconfig('two', 'https://two'),
    ];
    const env = { ...IN_CLUSTER, KUBECONFIG: `${first}::${second}` };
    const access = loadCluster({ env, serviceAccountDir: mount() });
    expect(access.server).toBe('https://one');
    expect(access.getContexts().map(({ name }) => name)).toEqual(['one', 'two']);
  });

  test.each([
    ['10.0.0.1', '6443', 'https://10.0.0.1:6443'],
    ['fd00::1', undefined, 'https://[fd00::1]'],
  ])('takes the service account at %s', (host, port, server) => {
    const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, HOME: dir };
    expect(loadCluster({ env, serviceAccountDir: mount() }).server).toBe(server);
  });

  test('takes ~/.kube/config last', () => {
    mkdirSync(join(dir, '.kube'));
    writeKubeconfig('.kube/config', 'https://home');
    const env = { ...IN_CLUSTER, HOME: dir };
    expect(loadCluster({ env, serviceAccountDir: join(dir, 'none') }).server).toBe('https://home');
  });

  test.each([
    ['nothing is there', {}, /--kubeconfig or KUBECONFIG/],
    ['the named file is missing', { kubeconfig: '/nonexistent/config' }, /\/nonexistent\/config/],
  ])('says what to do when %s', (_name, source, message) => {
    const load = (): unknown =>
      loadCluster({ env: { HOME: dir }, serviceAccountDir: dir, ...source });
    expect(load).toThrow(expect.objectContaining({ code: 'E_NO_CLUSTER', retryable: false }));
    expect(load).toThrow(message);
  });

  test('says so when the file names no cluster, or is none', () => {
    const empty = writeKubeconfig('empty');
    const broken = join(dir, 'broken');
    writeFileSync(broken, '{{{');
    for (const kubeconfig of [empty, broken]) {
      const load = (): unknown => loadCluster({ kubeconfig, env: {} });
      expect(load).toThrow(expect.objectContaining({ code: 'E_NO_CLUSTER' }));
    }
  });

  test('leaves out of the server what must not be shown', () => {
    const kubeconfig = writeKubeconfig('flag', 'https://me:secret@flag:6443/base/?token=secret#x');
    expect(loadCluster({ kubeconfig, env: {} }).server).toBe('https://flag:6443/base');
  });

  test.each(['10.0.0.1:6443', 'me:secret@10.0.0.1', 'https://a b', 'unix:///run/api'])(
    'refuses the server %s, to which no request can be built, without saying it',
    (server) => {
      const kubeconfig = writeKubeconfig('odd', server);
      const load = (): unknown => loadCluster({ kubeconfig, env: {} });
      expect(load).toThrow(expect.objectContaining({ code: 'E_NO_CLUSTER', retryable: false }));
      expect(load).toThrow(/with an https:\/\/ URL; choose one with kubectl config use-context$/);
    },
  );
});
