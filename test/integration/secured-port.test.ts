import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, vi } from 'vitest';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { agentIdentity } from '../support/agent-identity.ts';
import { startAgent } from '../support/agent-process.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { createNode } from '../support/cluster-objects.ts';
import { testWithCluster } from '../support/cluster.ts';
import { needsRoot } from '../support/needs-root.ts';
import { Prometheus } from '../support/prometheus.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { haveTools } from '../support/test-tools.ts';

const COMPONENT = join(import.meta.dirname, '../../manifests/components/api-access');
const SOON = { timeout: 20_000, interval: 250 };
const canRun = !needsRoot() && (await haveTools('prometheus'));
const test = testWithCluster();

/** Two ServiceAccounts, of which one may get `/metrics`, as Prometheus' own role has it. */
async function createScrapers(cluster: ControlPlane): Promise<{ good: string; bad: string }> {
  const names = ['good', 'bad'];
  for (const name of names) await cluster.kubectl(['create', 'serviceaccount', name]);
  const role = ['create', 'clusterrole', 'scraper', '--verb=get', '--non-resource-url=/metrics'];
  await cluster.kubectl(role);
  const binding = ['create', 'clusterrolebinding', 'scraper', '--clusterrole=scraper'];
  await cluster.kubectl([...binding, '--serviceaccount=default:good']);
  const files = ['cluster-role', 'cluster-role-binding'].map(
    (name) => `-f=${COMPONENT}/${name}.yaml`,
  );
  await cluster.kubectl(['apply', ...files]);
  const can = ['auth', 'can-i', 'get', '/metrics', '--as=system:serviceaccount:default:good'];
  await vi.waitFor(() => cluster.kubectl(can), SOON);
  const [good = '', bad = ''] = await Promise.all(
    names.map(async (name) => (await cluster.tokenFor('default', name)).token),
  );
  return { good, bad };
}

async function presented(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return String(name);
}

describe.skipIf(!canRun)('an agent that speaks TLS and wants a token for its metrics', () => {
  test('is scraped by who has one that may, before and after its certificate is renewed', async ({
    cluster,
  }) => {
    await createNode(cluster, 'node-1');
    const { kubeconfig } = await agentIdentity(cluster);
    const { good, bad } = await createScrapers(cluster);
    const directory = tempDirectory();
    const file = (name: string): string => join(directory, name);
    const write = ({ cert, key }: Certificate): void => {
      writeFileSync(file('tls.crt'), cert);
      writeFileSync(file('tls.key'), key);
    };
    const [first, second] = [makeCertificate('first'), makeCertificate('second')];
    write(first);
    writeFileSync(file('ca.crt'), first.cert + second.cert);
    await using agent = await startAgent([
      `--kubeconfig=${kubeconfig}`,
      '--node-name=node-1',
      '--start-at=now',
      '--listen=127.0.0.1:0',
      `--listen-tls-cert=${file('tls.crt')}`,
      `--listen-tls-key=${file('tls.key')}`,
      '--metrics-require-token',
    ]);
    const port = await agent.port();
    const scrape = (token: string) =>
      Prometheus.open(port, {
        scheme: 'https',
        tls_config: { ca_file: file('ca.crt') },
        authorization: { credentials: token },
      });
    await using refused = await scrape(bad);
    await using admitted = await scrape(good);
    const isUp = async (prometheus: Prometheus) => (await prometheus.query('up'))[0]?.value;
    await expect.poll(() => isUp(refused), SOON).toBe('0');
    await expect.poll(() => isUp(admitted), SOON).toBe('1');
    expect(await presented(port)).toBe('first');

    write(second);
    expect(await presented(port)).toBe('second');
    const since = `up == 1 and timestamp(up) > ${Date.now() / 1000}`;
    await expect.poll(() => admitted.query(since), SOON).toHaveLength(1);

    writeFileSync(file('tls.key'), first.key);
    expect(await presented(port)).toBe('second');
    const said = agent.log.filter((line) => line.includes('cannot be used'));
    expect(said).toEqual([expect.stringContaining('is not the key of')]);
  });
});
