import { parseArgs } from 'node:util';
import { playScale, type Phase } from '../test/scale/play-scale.ts';

/** A cluster of agents against one API server; docs/scale.md says what came of it. */
const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '200' },
    pods: { type: 'string', default: '20' },
    kills: { type: 'string', default: '10' },
    'in-flight': { type: 'string' },
  },
});
const [agents, pods, kills] = [count(values.agents), count(values.pods), count(values.kills)];
const inFlight = values['in-flight'] === undefined ? undefined : count(values['in-flight']);

console.log(`${agents} agents, ${pods} pods on each node, ${inFlight ?? 600} requests in flight`);
const result = await playScale({ agents, pods, kills, inFlight }, print);
console.log(`\n${result.kills} kills in ${result.events} Events, ${result.wrong.length} wrong`);
for (const line of result.wrong) console.log(`  ${line}`);
if (result.wrong.length > 0) process.exitCode = 1;

function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${text} is no number of anything`);
  return number;
}

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
