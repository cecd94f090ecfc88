import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { createNode } from '../support/cluster-objects.ts';
import { crowdNode } from '../support/crowded-node.ts';
import { footprintOf } from '../support/footprint.ts';
import { type MeasuredBundle, startMeasured } from '../support/measured-bundle.ts';
import type { Sample } from './trend.ts';

export interface StormPlan {
  readonly storms: number;
  /** From one to the next. */
  readonly everyMs: number;
  readonly killsEach: number;
  readonly pods: number;
  /** Told of each sample, and after which storm it was taken. */
  readonly onSample?: (sample: Sample, storm: number) => void;
}

/** What was measured before each storm but the first, and after the last; `recorded` is what the agent itself says. */
export interface StormResult {
  readonly kills: number;
  readonly recorded: number;
  readonly samples: readonly Sample[];
}

const NODE = 'soak-node';
const FIRST_PID = 1000;
/** A pid comes again, and with it a message, before a third of the storms is over: from then on the correlator holds as much as it ever will. */
const PIDS = 3000;
/** A storm is over long before the next one. */
const STORM_SHARE = 1 / 4;
/** So few that the history is full long before the warm-up ends. */
const HISTORY_STORMS = 2;
const RECORDED = 'oom_recorder_killed_processes_total';
const RECORDED_WITHIN_MS = 30_000;

/** The image's program against a real API server, its kernel log a file: storm after storm, and what it has in the end of each. */
export async function stormEachMinute(
  cluster: ControlPlane,
  { storms, everyMs, killsEach, pods, onSample }: StormPlan,
): Promise<StormResult> {
  await createNode(cluster, NODE);
  const cgroups = await crowdNode(cluster, NODE, pods);
  const historyMax = HISTORY_STORMS * killsEach;
  await using agent = await startMeasured({ cluster, nodeName: NODE, log: 'file', historyMax });
  await agent.whenSynced();
  const samples: Sample[] = [];
  let kills = 0;
  for (let storm = 1; storm <= storms; storm += 1) {
    const endsMs = performance.now() + everyMs;
    for (let n = 0; n < killsEach; n += 1) {
      const pid = FIRST_PID + (kills % PIDS);
      agent.node.kill({ how: 'told', pid, cgroup: cgroups[kills % cgroups.length] ?? '' });
      kills += 1;
      await sleep((everyMs * STORM_SHARE) / killsEach);
    }
    await sleep(Math.max(0, endsMs - performance.now()));
    const sample = sampleOf(agent);
    samples.push(sample);
    onSample?.(sample, storm);
  }
  const endsMs = performance.now() + RECORDED_WITHIN_MS;
  let recorded = await agent.figure(RECORDED);
  while (recorded < kills && performance.now() < endsMs) {
    await sleep(200);
    recorded = await agent.figure(RECORDED);
  }
  return { kills, recorded, samples };
}

function sampleOf({ pid, stateDirectory }: MeasuredBundle): Sample {
  const threads = /^Threads:\s+(?<count>\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  const bytes = readdirSync(stateDirectory)
    .map((file) => statSync(join(stateDirectory, file)).size)
    .reduce((sum, size) => sum + size, 0);
  return {
    ...footprintOf(pid),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(threads?.groups?.['count']),
    fileMb: bytes / 1024 / 1024,
  };
}
