import { setTimeout as sleep } from 'node:timers/promises';
import type { CoreV1Event } from '@kubernetes/client-node';
import { type ControlPlane, startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createNode } from '../support/cluster-objects.ts';
import { crowdNode } from '../support/crowded-node.ts';
import { GOALS } from '../support/footprint.ts';
import { type MeasuredBundle, startMeasured } from '../support/measured-bundle.ts';
import { makeKill } from '../support/oom-kills.ts';
import type { BenchReport } from './report.ts';

const NODE = 'node-1';
const KILLS = 1000;
/** Of an object the recorder lets 25 Events through at once. */
const PODS = 40;
/** As long as a runtime takes to remove a cgroup. */
const LINGER_SECONDS = 0.2;
/** Shells that fill their cgroups; of two processors the agent needs something, too. */
const AT_ONCE = 12;
const LOOK_EVERY_MS = 500;
/** A withheld kill that only a pod's status could tell waits 10 s for one. */
const SETTLE_MS = 15_000;

const POSTS = ['created', 'patched'].map(
  (outcome) => `oom_recorder_event_posts_total{outcome="${outcome}"}`,
);

/** The UID of the pod that each process died in. A pid may come again, so it has several. */
type Killed = Map<number, string[]>;

/** A thousand real kills within a minute, and what an API server has of them. Nobody else may kill meanwhile. */
export async function benchStorm(report: BenchReport): Promise<void> {
  if (process.getuid?.() !== 0) return report.print('SKIPPED: only root can make real kills');
  await using cluster = await startControlPlane();
  await createNode(cluster, NODE);
  const cgroups = await crowdNode(cluster, NODE, PODS);
  await using agent = await startMeasured({ cluster, nodeName: NODE, log: 'kernel' });
  await agent.whenSynced();
  const callsBefore = await callsOf(agent);
  const buffered: number[] = [];
  const looking = setInterval(() => {
    void agent.figure('oom_recorder_buffer_episodes').then((figure) => buffered.push(figure));
  }, LOOK_EVERY_MS);
  const startedMs = performance.now();
  const killed = await killIn(cgroups);
  const tookMs = performance.now() - startedMs;
  clearInterval(looking);
  await sleep(SETTLE_MS);
  const [right, nameless, wrong] = await attributed(agent, killed);
  const calls = (await callsOf(agent)) - callsBefore;
  const capacity = await agent.figure('oom_recorder_buffer_capacity_episodes');
  const row = report.table(`${KILLS} kills in ${PODS} pods`, [{ title: '', digits: 0 }, 'goal']);
  row({ title: 'made in', unit: 's' }, tookMs / 1000, '60');
  row('said to be of their pods', right, String(KILLS));
  row('of these without their process', nameless, '0');
  row('of others', wrong, '0');
  row('counted by the pods’ Events', await countedOnPods(cluster), String(right));
  row('API calls', calls, `${KILLS} at most`);
  row('buffered at most', Math.max(...buffered), String(capacity));
  row('records lost', await agent.figure('oom_recorder_log_records_lost_total'), '0');
  row('kills unexplained', await agent.figure('oom_recorder_unexplained_oom_kills'), '0');
  row({ title: 'resident', unit: 'MiB' }, agent.footprint().residentMb, String(GOALS.afterStormMb));
}

/** Each pod as often as the others, a few at a time. */
async function killIn(cgroups: readonly string[]): Promise<Killed> {
  const killed: Killed = new Map();
  let made = 0;
  const work = async (): Promise<void> => {
    for (let n = made++; n < KILLS; n = made++) {
      const [directory = '', container = ''] = (cgroups[n % PODS] ?? '').split('/').slice(-2);
      const pod = directory.slice('pod'.length);
      const { pid } = await makeKill({ pod, container, limit: '8M', linger: LINGER_SECONDS });
      killed.set(pid, [...(killed.get(pid) ?? []), pod]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return killed;
}

interface Told {
  /** Absent where nothing tells which of several it was. */
  readonly victim?: { readonly pid: number };
  readonly events: readonly { readonly involvedObject: { readonly uid?: string } }[];
}

/** How many kills are said to be of the pod they were in, how many of these without their process, and how many of another pod. */
async function attributed(agent: MeasuredBundle, killed: Killed): Promise<readonly number[]> {
  const answer = await agent.get(`/api/v1/episodes?namespace=default&limit=${KILLS}`);
  const { episodes } = (await answer.json()) as { episodes: readonly Told[] };
  const podOf = ({ events: [event] }: Told): string => event?.involvedObject.uid ?? '';
  const strange = episodes.filter(
    (told) => told.victim && killed.get(told.victim.pid)?.includes(podOf(told)) !== true,
  );
  const surplus = [...Map.groupBy(episodes, podOf).values()].map(({ length }) =>
    Math.max(0, length - KILLS / PODS),
  );
  const wrong = surplus.reduce((sum, more) => sum + more, strange.length);
  const nameless = episodes.filter(({ victim }) => victim === undefined);
  return [episodes.length - wrong, nameless.length, wrong];
}

async function countedOnPods(cluster: ControlPlane): Promise<number> {
  const pods = ['--field-selector', 'involvedObject.kind=Pod'];
  const events = JSON.parse(await cluster.kubectl(['get', 'events', '-o', 'json', ...pods])) as {
    items: readonly CoreV1Event[];
  };
  return events.items.reduce((sum, { count = 0 }) => sum + count, 0);
}

/** Events created and patched. */
async function callsOf(agent: MeasuredBundle): Promise<number> {
  const calls = await Promise.all(POSTS.map((metric) => agent.figure(metric)));
  return calls.reduce((sum, count) => sum + count, 0);
}
