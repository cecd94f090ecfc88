import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describePlan, planOf } from '../test/chaos/plan.ts';
import { playChaos } from '../test/chaos/play.ts';
import { startControlPlane } from './control-plane/control-plane.ts';

const seed = Number(process.argv[2] ?? 1);
const forMs = Number(process.argv[3] ?? 30) * 1000;
const plan = planOf(seed, forMs);
console.log(describePlan(plan));
await using cluster = await startControlPlane();
const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-chaos-'));
const result = await playChaos(cluster, plan, { directory, canMount: true });
console.log(directory, result);
if (result.wrong.length === 0) rmSync(directory, { recursive: true, force: true });
