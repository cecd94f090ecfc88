import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealNode } from '../../hack/node/real-node.ts';
import { nodeSettings } from '../../hack/node/settings.ts';
import { startNode } from '../../hack/node/start-node.ts';
import { KernelSpan } from '../node/look/kernel-span.ts';
import { onePod } from '../node/play/pods.ts';
import { Scene } from '../node/play/scene.ts';
import { groupAt } from '../node/play/scripts.ts';
import { buildAnchor } from './anchor/build-anchor.ts';
import { reportLatencies } from './event-latency.ts';
import type { BenchReport } from './report.ts';

const PODS = 24;
const GROUP = 3;
const LIMIT = '16Mi';
const NAMESPACE = 'latency';
/** The kernel prints the context of ten kills in five seconds; of the others the kubelet hears nothing. */
const BETWEEN_KILLS_MS = 3000;
const SETTLE_MS = 15_000;
const IN_GUEST = { kubeconfig: '/run/anchor.kubeconfig', program: '/run/anchor' };
const OBSERVED = '/run/observed';

/** Of group kills, the default of every cluster, on the real node. */
export async function benchNodeLatency(report: BenchReport): Promise<void> {
  const anchor = await buildAnchor(report.print);
  if (anchor === undefined) return;
  await using node = await startNode(nodeSettings(process.env));
  const kernel = await KernelSpan.begin(node, NAMESPACE);
  const scene = new Scene(node, NAMESPACE, kernel, false);
  await scene.open();
  const names = Array.from({ length: PODS }, (_, n) => `latency-${n}`);
  const plan = { limit: LIMIT, processes: GROUP };
  await scene.start(
    ...names.map((name) => onePod(name, { ...plan, script: groupAt(GROUP, name) })),
  );
  await startAnchors(node, anchor);
  for (const name of names) {
    await scene.release(name);
    await sleep(BETWEEN_KILLS_MS);
  }
  await sleep(SETTLE_MS);
  reportLatencies(report, await node.shell(`cat ${OBSERVED}`));
}

/** The kubelet's own path, which cannot be asked of the kubelet: it tells of the whole system's kills alone. */
async function startAnchors(node: RealNode, anchor: string): Promise<void> {
  const kubeconfig = await readFile(node.kubeconfig, 'utf8');
  const inGuest = kubeconfig.replace(node.access.url, 'https://127.0.0.1:6443');
  await node.shell(`cat >${IN_GUEST.kubeconfig}`, { input: inGuest });
  await node.shell(`cat >${IN_GUEST.program} && chmod +x ${IN_GUEST.program}`, {
    input: await readFile(anchor),
  });
  const { program } = IN_GUEST;
  const start = (args: string, output: string): string =>
    `systemd-run --quiet --collect sh -c 'exec ${program} ${args} >${output} 2>&1'`;
  await node.shell(start(`watch ${IN_GUEST.kubeconfig} ${node.nodeName}`, '/run/watching'));
  await node.shell(start(`observe ${IN_GUEST.kubeconfig}`, OBSERVED));
  await node.shell(
    `until grep -q watching /run/watching && grep -q observing ${OBSERVED}; do sleep 1; done`,
  );
}
