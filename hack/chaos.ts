import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEPT_SEEDS } from '../test/chaos/kept-seeds.ts';
import { type ChaosRun, readOptions } from '../test/chaos/options.ts';
import { describePlan, planOf } from '../test/chaos/plan.ts';
import { type ChaosResult, playChaos } from '../test/chaos/play.ts';
import { needsTmpfs } from '../test/support/mounted-disk.ts';
import { type ControlPlane, startControlPlane } from './control-plane/control-plane.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
/** What a shell reports for a process that a signal ended: 128 + SIGINT. */
const EXIT_BY_SIGNAL = 130;

const asked = readOptions(process.argv.slice(2), KEPT_SEEDS, Math.random);
// An agent, a disk and an API server end with this process, if it can.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(EXIT_BY_SIGNAL));
if ('runs' in asked) await playAll(asked.runs);
else {
  process.exitCode = asked.isWrong ? WRONG_USAGE : 0;
  console.error(asked.said);
}

async function playAll(runs: readonly ChaosRun[]): Promise<void> {
  const canMount = !needsTmpfs();
  await using cluster = await startControlPlane();
  const failed: ChaosRun[] = [];
  for (const run of runs) {
    const isRight = await play(cluster, run, canMount).catch((err: unknown) => {
      console.error(`seed ${run.seed}: not played to its end: ${String(err)}`);
      return false;
    });
    if (!isRight) failed.push(run);
  }
  console.log(`${runs.length - failed.length} of ${runs.length} seeds passed`);
  for (const run of failed) console.log(`  again: ${commandOf(run)}`);
  if (failed.length > 0) process.exitCode = FAILED;
}

/** @returns whether all was as it must be; if not, the agent's log is left */
async function play(
  cluster: ControlPlane,
  { seed, seconds }: ChaosRun,
  canMount: boolean,
): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-chaos-'));
  const startMs = performance.now();
  const plan = planOf(seed, seconds * 1000);
  console.log(`seed ${seed}: playing for ${seconds} s …`);
  const result = await playChaos(cluster, plan, { directory, canMount });
  const tookSeconds = Math.round((performance.now() - startMs) / 1000);
  console.log(`seed ${seed}: ${sumUp(result)}, ${tookSeconds} s`);
  if (result.wrong.length === 0) {
    rmSync(directory, { recursive: true, force: true });
    return true;
  }
  for (const line of result.wrong) console.log(`  ${line}`);
  console.log(`${describePlan(plan)}\nleft to look at: ${directory}`);
  return false;
}

function sumUp({ kills, events, requests, restarts, peaks, wrong }: ChaosResult): string {
  return [
    `${kills} kills in ${events} Events`,
    `${requests} requests`,
    `${restarts} restarts`,
    `${peaks.rssMb} MiB`,
    `${peaks.descriptors} descriptors`,
    `${wrong.length} wrong`,
  ].join(', ');
}

function commandOf({ seed, seconds }: ChaosRun): string {
  return `make chaos ARGS='--seed ${seed} --minutes ${seconds / 60}'`;
}
