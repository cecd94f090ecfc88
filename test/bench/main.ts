import { parseArgs } from 'node:util';
import { benchCgroupCounters } from './cgroup-counters.ts';
import { benchDrain } from './drain.ts';
import { benchFootprint } from './footprint.ts';
import { benchGrowth } from './growth.ts';
import { benchHistoryReader } from './history-reader.ts';
import { benchKmsgRead } from './kmsg-read.ts';
import { benchLatency } from './latency.ts';
import { benchNodeLatency } from './node-latency.ts';
import { benchOutage } from './outage.ts';
import { benchPageLoad } from './page-load.ts';
import { benchParse } from './parse.ts';
import { benchPodDirectory } from './pod-directory.ts';
import { benchPodList } from './pod-list.ts';
import { BenchReport } from './report.ts';
import { benchStorm } from './storm.ts';

/**
 * `npm run bench -- parse` runs one of them; without a name, all. `--json FILE` writes every figure
 * that is printed.
 */
const BENCHES = {
  parse: benchParse,
  'pod-directory': benchPodDirectory,
  'pod-list': benchPodList,
  'kmsg-read': benchKmsgRead,
  drain: benchDrain,
  latency: benchLatency,
  'node-latency': benchNodeLatency,
  'cgroup-counters': benchCgroupCounters,
  growth: benchGrowth,
  footprint: benchFootprint,
  storm: benchStorm,
  outage: benchOutage,
  'history-reader': benchHistoryReader,
  'page-load': benchPageLoad,
} as const;

const options = { json: { type: 'string' } } as const;
const { values, positionals: asked } = parseArgs({ options, allowPositionals: true });
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(
    `no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exit(2);
}

const report = new BenchReport((line) => console.log(line));
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    report.begin(name);
    await bench(report);
  }
} finally {
  if (values.json !== undefined) report.write(values.json);
}
