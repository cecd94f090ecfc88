import { Command } from 'commander';
import { parseCount } from '../src/cli-options.ts';
import { playScale, type Phase, type ScaleOptions } from '../test/scale/play-scale.ts';

const WRONG_USAGE = 2;

/** A cluster of agents against one API server; docs/scale.md says what came of it. */
const { agents, pods, kills, inFlight } = new Command('make scale')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE))
  .option('--agents <count>', 'each on a node of its own', parseCount, 200)
  .option('--pods <count>', 'on each node', parseCount, 20)
  .option('--kills <count>', 'in each of the two storms, on each node', parseCount, 10)
  .option(
    '--in-flight <count>',
    'what the API server takes at once (default: its own 600)',
    parseCount,
  )
  .parse()
  .opts<ScaleOptions>();

console.log(`${agents} agents, ${pods} pods on each node, ${inFlight ?? 600} requests in flight`);
const result = await playScale({ agents, pods, kills, inFlight }, print);
console.log(`\n${result.kills} kills in ${result.events} Events, ${result.wrong.length} wrong`);
for (const line of result.wrong) console.log(`  ${line}`);
if (result.wrong.length > 0) process.exitCode = 1;

function print({ name, seconds, done, requests, server }: Phase): void {
  const { cpuSeconds, residentMb, sentKb, rejected, etcdKb } = server;
  console.log(`\n${name}: ${done}`);
  console.log(
    `  API server in ${seconds.toFixed(0)} s: ${cpuSeconds.toFixed(1)} s of a core, ` +
      `${residentMb.toFixed(0)} MB resident, ${sentKb.toFixed(1)} kB sent, ${rejected} rejected; etcd ${etcdKb.toFixed(0)} kB more`,
  );
  console.log(row('', 'requests', 'refused', 'failed', 'most in 1 s', 'p50 ms', 'p99 ms'));
  for (const [what, { count, refused, failed, peak, p50Ms, p99Ms }] of requests)
    console.log(row(what, ...[count, refused, failed, peak, p50Ms, p99Ms].map(String)));
}

function row(title: string, ...cells: readonly string[]): string {
  return [`  ${title.padEnd(44)}`, ...cells.map((cell) => cell.padStart(12))].join('');
}
