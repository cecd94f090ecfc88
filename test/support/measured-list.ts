import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiClient } from '../../src/kube/api-client.ts';
import { items } from '../../src/kube/loose-json.ts';
import { loadKubeconfig } from '../../src/kube/load-cluster.ts';
import { kubePods } from '../../src/reflector/kube-pods.ts';
import { LiveDirectory } from '../../src/reflector/live-directory.ts';
import { AGENT_FLAGS } from './agent-flags.ts';
import { makeCertificate } from './certificates.ts';
import { startMisbehavingServer } from './misbehaving-server.ts';
import { peakMemoryKb } from './peak-memory.ts';
import { answerInPieces, podListBody } from './pod-list-body.ts';

/** What one list cost a process that did nothing else. */
export interface MeasuredList {
  readonly pods: number;
  readonly skipped: number;
  /** Resident memory at its highest, above what it was before. */
  readonly grownMb: number;
  readonly cpuSeconds: number;
  readonly error?: string;
}

export const MEASURED_NODE = 'node-1';

/** `streamed`: as the agent does. `whole`: the body, then its JSON. */
export type Reading = 'streamed' | 'whole';

const NO_LIMITS: readonly string[] = [];

/** Lists these pods, from a server that writes them as they are read, in a process of its own. */
export async function measureList(
  pods: () => Iterable<string>,
  reading: Reading = 'streamed',
): Promise<MeasuredList> {
  const certificate = makeCertificate('measured-list');
  await using server = await startMisbehavingServer(certificate);
  server.behave(answerInPieces(() => podListBody(pods())));
  const directory = mkdtempSync(join(tmpdir(), 'measured-list-'));
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(server.url, certificate.cert));
  try {
    return await measureListOf(kubeconfig, reading);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Lists the pods of {@link MEASURED_NODE} there, in a process of its own. */
export async function measureListOf(
  kubeconfig: string,
  reading: Reading = 'streamed',
): Promise<MeasuredList> {
  const flags = reading === 'streamed' ? AGENT_FLAGS : NO_LIMITS;
  const args = [...flags, import.meta.filename, kubeconfig, reading];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as MeasuredList;
}

function kubeconfigOf(server: string, ca: string): string {
  const authority = Buffer.from(ca).toString('base64');
  return JSON.stringify({
    clusters: [{ name: 'a', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'a', user: { token: 'a' } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  });
}

async function measure(kubeconfig: string, reading: Reading): Promise<MeasuredList> {
  await using client = new ApiClient(loadKubeconfig(kubeconfig, {}));
  const [before, cpu] = [process.memoryUsage().rss, process.cpuUsage()];
  const counts = await (reading === 'streamed' ? follow(client) : readWhole(client));
  const { user, system } = process.cpuUsage(cpu);
  const grownBytes = (peakMemoryKb('self') ?? Number.NaN) * 1024 - before;
  return { ...counts, grownMb: grownBytes / 1024 / 1024, cpuSeconds: (user + system) / 1e6 };
}

async function follow(client: ApiClient) {
  const directory = new LiveDirectory(() => Date.now());
  const listed = new Promise((resolve) => {
    directory.state$.subscribe(({ lists, failures }) => lists + failures > 0 && resolve(lists));
  });
  const following = directory.follow(kubePods(client, MEASURED_NODE), { random: () => 0 });
  await listed;
  following.unsubscribe();
  const { skipped, failures, lastError } = directory.state;
  const error = failures > 0 ? { error: String(lastError) } : {};
  return { pods: directory.entries().length, skipped, ...error };
}

async function readWhole(client: ApiClient) {
  const body = await client.getStream('/api/v1/pods', {}, new AbortController().signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const list: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return { pods: items(list, 'items').length, skipped: 0 };
}

if (import.meta.main) {
  const [, , kubeconfig = '', reading] = process.argv;
  console.log(JSON.stringify(await measure(kubeconfig, reading as Reading)));
}
