import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '../../src/log.ts';
import { findCluster } from '../../src/wiring/find-cluster.ts';
import { tempDirectory } from '../support/temp-directory.ts';

const SERVER = 'https://production:6443';

function kubeconfig(): string {
  const file = join(tempDirectory(), 'config');
  const named = { clusters: [{ name: 'c', cluster: { server: SERVER } }], 'current-context': 'c' };
  writeFileSync(
    file,
    JSON.stringify({ ...named, contexts: [{ name: 'c', context: { cluster: 'c' } }] }),
  );
  return file;
}

function find(choice: Parameters<typeof findCluster>[0], env: Record<string, string> = {}) {
  const said: string[] = [];
  const log = openLog({ level: 'info', format: 'json' }, (text) => said.push(text));
  return { server: findCluster(choice, { env }, log)?.server, said: said.join('') };
}

test('nobody posts to a cluster that a shell knows and nobody named', () => {
  const { server, said } = find({}, { KUBECONFIG: kubeconfig() });
  expect(server).toBeUndefined();
  expect(said).toContain('KUBECONFIG is not used: --kubeconfig posts Events to its cluster');
});

test('outside of a pod nothing is said where nothing is there', () => {
  expect(find({})).toEqual({ server: undefined, said: '' });
});

test('the flag alone takes the kubeconfig that kubectl would', () => {
  expect(find({ kubeconfig: true }, { KUBECONFIG: kubeconfig() }).server).toBe(SERVER);
});

test('the flag names a kubeconfig, and a dry run takes none', () => {
  expect(find({ kubeconfig: kubeconfig() }).server).toBe(SERVER);
  expect(find({ kubeconfig: kubeconfig(), dryRun: true }).server).toBeUndefined();
});

test('a kubeconfig that was asked for must be there', () => {
  expect(() => find({ kubeconfig: true }, { HOME: tempDirectory() })).toThrow(
    /\.kube\/config: there is no such file/,
  );
});

test('beside a cluster a file of pods is said to be passed over', () => {
  const words = '--pods is not used';
  expect(find({ kubeconfig: kubeconfig(), pods: 'pods.json' }).said).toContain(words);
  expect(find({ kubeconfig: kubeconfig(), pods: 'pods.json', dryRun: true }).said).toBe('');
  expect(find({ pods: 'pods.json' }).said).toBe('');
});
