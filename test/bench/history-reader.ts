import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { historyJson } from '../../src/outputs/history-document.ts';
import { describeEpisode } from '../../src/outputs/describe-episode.ts';
import { type HistoryFilter, readHistory } from '../../src/store/history.ts';
import type { StateStore } from '../../src/store/state-store.ts';
import { storedKill, storeWith, TASKS } from '../support/history.ts';
import { killReport, numberedPodJson } from '../support/kill-report.ts';
import type { BenchReport } from './report.ts';

const EPISODES = 10_000;
const PODS = 250;
/** What the kernel's rate limit explains, and as many more without context. */
const STORM = 25;
const EXPLAINED = 10;
/** Rounds with a reader and without one take turns: what else the machine does is in both. */
const ROUNDS = 20;
const BETWEEN_STORMS_MS = 500;
const RECORDS_A_KILL = 4;
const AGENT = [
  '--max-semi-space-size=1',
  '--import',
  join(import.meta.dirname, '../support/tail-kmsg.ts'),
  join(import.meta.dirname, '../../src/main.ts'),
];
const QUANTILES = ['p50', 'p99', 'longest'].map((title) => ({ title, unit: 'ms', digits: 1 }));
const ASKED = '/api/v1/episodes?limit=1000&tasks=true';

/** From the kernel's lines to the Event of each kill of a storm, in ms, beside a history of 10,000 that nobody reads, and that somebody reads without a pause. */
export async function benchHistoryReader(report: BenchReport): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'history-reader-'));
  try {
    const kills = Array.from({ length: EPISODES }, (_, n) =>
      storedKill(n + 1, n % PODS, { tasks: TASKS }),
    );
    using store = storeWith(kills, join(directory, 'state', 'printed'));
    await turnsOf(store, {});
    const turns = { title: 'turns', digits: 0 };
    const row = report.table(`${EPISODES} episodes, turns`, [turns, ...QUANTILES]);
    row('all of them', ...(await turnsOf(store, {})));
    row('a namespace that has none', ...(await turnsOf(store, { namespace: 'nobody' })));
  } finally {
    await compareLatencies(directory, report).finally(() => rmSync(directory, { recursive: true }));
  }
}

/** How long each page holds the event loop, in time of the processor: others may want that, too. */
async function turnsOf({ episodes }: StateStore, filter: HistoryFilter): Promise<number[]> {
  const options = { node: { name: 'node-1' }, taskTables: true };
  const read = readHistory((ask) => episodes.ask(ask), filter);
  async function* described(): AsyncGenerator<readonly object[]> {
    for await (const page of read) yield page.map((stored) => describeEpisode(stored, options));
  }
  const turns: number[] = [];
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    for (let before = cpuMs(); !over.signal.aborted; before = cpuMs()) {
      await nextTurn();
      turns.push(cpuMs() - before);
    }
  };
  const watching = watch();
  for await (const text of historyJson({ node: 'node-1', recordedSinceMs: 0 }, described()))
    void text;
  over.abort();
  await watching;
  return [turns.length, ...quantiles(turns)];
}

async function compareLatencies(directory: string, report: BenchReport): Promise<void> {
  const log = join(directory, 'kmsg');
  writeFileSync(log, '');
  const items = Array.from({ length: PODS }, (_, pod) => numberedPodJson(pod));
  writeFileSync(join(directory, 'pods.json'), JSON.stringify({ kind: 'List', items }));
  for (const empty of ['proc', 'cgroup']) mkdirSync(join(directory, empty));
  const agent = startAgent(directory, log);
  const latencies: Record<'alone' | 'read', number[]> = { alone: [], read: [] };
  let answers = 0;
  try {
    const port = await agent.port;
    await playStorm(0, log, agent); // V8 compiles what it calls often
    for (let round = 1; round <= ROUNDS; round += 1) {
      const isRead = round % 2 === 1;
      const reader = isRead ? startReader(`http://127.0.0.1:${port}${ASKED}`) : undefined;
      await reader?.begun;
      latencies[isRead ? 'read' : 'alone'].push(...(await playStorm(round, log, agent)));
      answers += (await reader?.stop()) ?? 0;
      await sleep(BETWEEN_STORMS_MS);
    }
  } finally {
    agent.child.kill('SIGKILL');
  }
  const columns = [{ title: 'Events', digits: 0 }, ...QUANTILES];
  const row = report.table(`${ROUNDS / 2} storms of ${STORM}, Events`, columns);
  row('nobody reads', latencies.alone.length, ...quantiles(latencies.alone));
  row('a reader in a loop', latencies.read.length, ...quantiles(latencies.read));
  report.print(`${answers} answers of 1,000 episodes meanwhile`);
}

interface Agent {
  readonly child: ChildProcess;
  readonly port: Promise<number>;
  /** When the Event came that names this pod’s process. */
  readonly arrivals: Map<number, number>;
}

function startAgent(directory: string, log: string): Agent {
  const flags = {
    kmsg: log,
    pods: join(directory, 'pods.json'),
    'node-name': 'node-1',
    'state-dir': join(directory, 'state'),
    'proc-root': join(directory, 'proc'),
    'cgroup-root': join(directory, 'cgroup'),
    listen: '127.0.0.1:0',
    output: 'ndjson',
    'log-format': 'json',
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [...AGENT, 'run', '--dry-run', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const arrivals = new Map<number, number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, pid] = /process java \(pid (\d+)\)/.exec(line) ?? [];
    if (pid !== undefined) arrivals.set(Number(pid), performance.now());
  });
  const port = new Promise<number>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, port] = /"port":(\d+)/.exec(line) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
  return { child, port, arrivals };
}

/** @returns from the lines to the Event, of each kill */
async function playStorm(round: number, log: string, { arrivals }: Agent): Promise<number[]> {
  const written = new Map<number, number>();
  for (let n = 0; n < STORM; n += 1) {
    const kill = round * STORM + n;
    const pid = 1_000_000 + kill;
    const monotonicUs = Number(process.hrtime.bigint() / 1000n);
    const report = {
      sequence: 100_000 + kill * RECORDS_A_KILL,
      monotonicUs,
      pod: kill % PODS,
      pid,
    };
    written.set(pid, performance.now());
    appendFileSync(log, killReport({ ...report, bare: n >= EXPLAINED }).join(''));
    await sleep(2);
  }
  const latencies: number[] = [];
  for (const [pid, atMs] of written) {
    while (!arrivals.has(pid)) await sleep(5);
    latencies.push((arrivals.get(pid) ?? Number.NaN) - atMs);
  }
  return latencies;
}

function startReader(url: string) {
  const child = spawn(process.execPath, [import.meta.filename, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  const begun = once(output, 'line');
  output.on('line', (line) => lines.push(line));
  const stop = async (): Promise<number> => {
    child.kill('SIGKILL');
    await once(child, 'close');
    return lines.length;
  };
  return { begun, stop };
}

/** In a process of its own: asks as soon as it was answered, and prints a line for each answer. */
async function readForEver(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url);
    const text = await answer.text();
    if (answer.ok) console.log(text.length);
  }
}

/** Of this thread alone. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function quantiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
  return [at(0.5), at(0.99), at(1)];
}

const [url] = process.argv.slice(2);
if (import.meta.main && url !== undefined) await readForEver(url);
