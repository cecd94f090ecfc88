import { benchCgroupCounters } from './cgroup-counters.ts';
import { benchDrain } from './drain.ts';
import { benchEventMemory } from './event-memory.ts';
import { benchFootprint } from './footprint.ts';
import { benchHistoryReader } from './history-reader.ts';
import { benchKmsgRead } from './kmsg-read.ts';
import { benchLatency } from './latency.ts';
import { benchNodeLatency } from './node-latency.ts';
import { benchOutage } from './outage.ts';
import { benchPageLoad } from './page-load.ts';
import { benchParse } from './parse.ts';
import { benchPodDirectory } from './pod-directory.ts';
import { benchPodList } from './pod-list.ts';
import { benchStorm } from './storm.ts';

/** `npm run bench -- parse` runs one of them; without a name, all. */
const BENCHES = {
  parse: benchParse,
  'pod-directory': benchPodDirectory,
  'pod-list': benchPodList,
  'kmsg-read': benchKmsgRead,
  drain: benchDrain,
  latency: benchLatency,
  'node-latency': benchNodeLatency,
  'cgroup-counters': benchCgroupCounters,
  'event-memory': benchEventMemory,
  footprint: benchFootprint,
  storm: benchStorm,
  outage: benchOutage,
  'history-reader': benchHistoryReader,
  'page-load': benchPageLoad,
} as const;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(
    `no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exit(2);
}

for (const [name, bench] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name}`);
  await bench((line) => console.log(line));
}
