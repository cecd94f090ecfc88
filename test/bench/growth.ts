import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventSink } from '../../src/outputs/event-output.ts';
import { attributeBy } from '../../src/recorder/attributor.ts';
import { decideStart } from '../../src/recorder/decide-start.ts';
import { StateStore } from '../../src/store/state-store.ts';
import { openCounters } from '../../src/wiring/open-counters.ts';
import { openRecorder } from '../../src/wiring/open-recorder.ts';
import { newTally } from '../../src/tally.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FastDirectory } from '../support/fast-directory.ts';
import { TASKS } from '../support/history.ts';
import { START_MS } from '../support/kill-event.ts';
import { numberedPods } from '../support/kill-report.ts';
import { makeEpisode } from '../support/make-episode.ts';
import { quantile } from '../support/quantile.ts';
import { spawnAgent } from '../support/spawn-agent.ts';
import type { BenchReport, Heading } from './report.ts';

/** The second is `--history-max`, unless told: from there on nothing may grow. */
const MARKS = [1000, 10_000, 100_000] as const;
const [, HISTORY_MAX] = MARKS;
/** Before a mark, of which a kill's time is told; as many are recorded first for V8 to have compiled it. */
const SAMPLES = 1000;
const STARTS = 3;
/** V8 lets its young generation grow to 100 MB where garbage is made without a pause; that is not kept. */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1'];
/** What is flat may still breathe; what keeps a hundred bytes of each kill is beyond it. Times of others' work are in no time of the processor. */
const MAX_RATIO = 1.5;
const FLAT: ReadonlySet<string> = new Set(['cpuMs', 'heapMb', 'residentMb', 'fileMb']);
const BOOT = 'boot-1';
const BETWEEN_KILLS_MS = 1000;

const ROWS = {
  recordP50Ms: { title: 'a kill recorded, p50', unit: 'ms', digits: 3 },
  recordP99Ms: { title: 'a kill recorded, p99', unit: 'ms', digits: 3 },
  cpuMs: { title: 'recorded and posted, CPU', unit: 'ms', digits: 3 },
  heapMb: { title: 'heap', unit: 'MB', digits: 1 },
  residentMb: { title: 'resident', unit: 'MB', digits: 1 },
  fileMb: { title: 'state file and WAL', unit: 'MB', digits: 1 },
  startMs: { title: 'start of an agent with it', unit: 'ms', digits: 0 },
} as const satisfies Record<string, Heading>;

type Measured = Readonly<Record<keyof typeof ROWS, number>>;

const accepting: EventSink = {
  deliver: ({ verb }) => Promise.resolve(verb === 'create' ? 'created' : 'patched'),
  classify: () => ({ means: 'busy' }),
};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * What a kill costs after 1,000 of them, each in a pod of its own, after 10,000 and after 100,000; the
 * state is in memory, so that no disk is measured. Throws where something grows that must not.
 */
export function benchGrowth(report: BenchReport): void {
  const said = execFileSync(process.execPath, [...FLAGS, import.meta.filename]).toString();
  const measured: readonly Measured[] = JSON.parse(said);
  const row = report.table('', [
    ...MARKS.map((kills) => ({ title: `${kills} kills` })),
    ...MARKS.slice(0, -1).map((kills) => ({ title: `to ${kills}`, against: `${kills} kills` })),
  ]);
  for (const [key, heading] of Object.entries(ROWS)) {
    const values = measured.map((each) => each[key as keyof Measured]);
    const last = values.at(-1) ?? Number.NaN;
    const ratios = values.slice(0, -1).map((before) => last / before);
    row(heading, ...values, ...ratios);
    const isFlat = (ratios.at(-1) ?? Infinity) <= MAX_RATIO;
    if (FLAT.has(key) && !isFlat) throw new Error(`${heading.title} grows with the kills`);
  }
}

async function measureGrowth(): Promise<readonly Measured[]> {
  using warm = new FastDirectory();
  using warming = new Recorded(warm.path);
  await warming.record(SAMPLES);
  using directory = new FastDirectory();
  using recorded = new Recorded(join(directory.path, 'printed'));
  const measured: Measured[] = [];
  for (const mark of MARKS) {
    await recorded.record(mark - SAMPLES - recorded.kills);
    const cpu = process.cpuUsage();
    const tookMs = (await recorded.record(SAMPLES)).toSorted((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    measured.push({
      recordP50Ms: quantile(tookMs, 0.5) ?? Number.NaN,
      recordP99Ms: quantile(tookMs, 0.99) ?? Number.NaN,
      cpuMs: (user + system) / 1000 / SAMPLES,
      heapMb: megabytes(heapUsed),
      residentMb: megabytes(rss),
      fileMb: megabytes(bytesIn(join(directory.path, 'printed'))),
      startMs: await startWith(directory.path),
    });
  }
  return measured;
}

/** All that is right of the buffer, as `run` puts it together, and an API server that takes everything at once. */
class Recorded implements Disposable {
  kills = 0;
  readonly #clock = new FakeClock(START_MS);
  readonly #store: StateStore;
  readonly #recorder: ReturnType<typeof openRecorder>;

  constructor(directory: string) {
    const nowMs = (): number => this.#clock.wallMs();
    this.#store = new StateStore({ directory, historyMax: HISTORY_MAX, log, nowMs });
    const parts = {
      store: this.#store,
      sink: accepting,
      origin: { node: { name: 'node-1' }, bootId: BOOT },
      start: decideStart({ cursor: undefined, bootId: BOOT, startAt: 'boot' }),
      attributor: attributeBy(numberedPods),
      counters: openCounters(this.#store, () => [], nowMs, newTally()),
      log,
    };
    this.#recorder = openRecorder(parts, { clock: this.#clock });
  }

  /** So many more, a second after each other. @returns how long each took until it was in the store, ms */
  async record(count: number): Promise<readonly number[]> {
    const tookMs: number[] = [];
    for (let n = 0; n < count; n += 1) {
      this.kills += 1;
      const at = { sequence: 10 * this.kills, atMs: BETWEEN_KILLS_MS * this.kills };
      const episode = { ...makeEpisode({ ...at, pod: this.kills }), tasks: TASKS };
      const startedMs = performance.now();
      await this.#recorder.record(episode);
      tookMs.push(performance.now() - startedMs);
      await this.#clock.advance(BETWEEN_KILLS_MS);
    }
    if (this.#store.outbox.size > 0) throw new Error('not everything was posted');
    return tookMs;
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }
}

/** From the start of the process, from its sources, until it watches the log: with a copy of this state. */
async function startWith(state: string): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < STARTS; n += 1) {
    using directory = new FastDirectory();
    const path = (name: string): string => join(directory.path, name);
    cpSync(state, path('state'), { recursive: true });
    writeFileSync(path('kmsg'), '');
    mkdirSync(path('none'));
    const flags = {
      kmsg: path('kmsg'),
      'node-name': 'node-1',
      'state-dir': path('state'),
      'proc-root': path('none'),
      'cgroup-root': path('none'),
      listen: 'none',
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const startedMs = performance.now();
    const agent = spawnAgent({
      args: ['--dry-run', ...args],
      preloads: ['tail-kmsg.ts'],
      env: {},
    });
    await agent.reads;
    took.push(performance.now() - startedMs);
    if (agent.child.exitCode !== null) throw new Error('an agent with this state ended');
    agent.child.kill('SIGKILL');
    await agent.ended;
  }
  return (
    quantile(
      took.toSorted((a, b) => a - b),
      0.5,
    ) ?? Number.NaN
  );
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce(
    (sum, file) => sum + statSync(join(directory, file)).size,
    0,
  );
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}

function nothing(): void {
  // Nobody listens.
}

if (import.meta.main) process.stdout.write(JSON.stringify(await measureGrowth()));
