import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findDevNode } from '../../hack/node/dev-node.ts';
import type { RealNode } from '../../hack/node/real-node.ts';
import { nodeSettings } from '../../hack/node/settings.ts';
import { startNode } from '../../hack/node/start-node.ts';
import { type Options, readOptions } from './options.ts';
import { playMatrix } from './play/play-matrix.ts';
import type { Played } from './play/play-row.ts';
import { stormFigures, stormLine, table } from './report.ts';
import { ROWS } from './rows.ts';

const print = (line: string): void => console.log(line);
const log = (line: string): void => console.error(line);

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = readOptions(args, ROWS);
  if (options === 'list') return print(ROWS.map(({ name }) => name).join('\n'));
  if (options.isRunningNode) return playOn(await findDevNode(env, log), options);
  await using node = await startNode({ env, log, ...nodeSettings(env) });
  await playOn(node, options);
}

async function playOn(node: RealNode, options: Options): Promise<void> {
  if (options.isRunningNode && !options.keepsAgent) await node.deployAgent();
  const startMs = performance.now();
  const played = await playMatrix(node, options, print);
  print(`\nLinux ${(await node.shell('uname -r')).trim()}\n${table(played)}\n`);
  sumUp(played, Math.round((performance.now() - startMs) / 60_000));
  if (options.isWhole) await testAsPeople(node);
}

/** What people see and type on a node is in `test/e2e`; at its end the agent is removed, and installed anew. */
async function testAsPeople({ kubeconfig }: RealNode): Promise<void> {
  const env = { ...process.env, NODE_KUBECONFIG: kubeconfig };
  const tests = ['real-node', 'kubectl-oom-node', 'unprivileged-node'].map(
    (name) => `test/e2e/${name}.test.ts`,
  );
  const args = ['vitest', 'run', '--project=e2e', ...tests];
  const [code] = await once(spawn('npx', args, { env, stdio: 'inherit' }), 'close');
  if (code !== 0) process.exitCode = 1;
}

function sumUp(played: readonly Played[], minutes: number): void {
  const storms = stormFigures(played);
  for (const storm of storms) print(stormLine(storm));
  const right = played.filter(({ wrong }) => wrong.length === 0).length;
  print(`${right} of ${played.length} rows are right, ${minutes} min`);
  if (right < played.length || storms.some(({ isEnough }) => !isEnough)) process.exitCode = 1;
}

main(process.argv.slice(2), process.env).catch((err: unknown) => {
  log(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
});
