import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { killReport } from './kill-report.ts';
import { makeEpisode } from './make-episode.ts';
import { podJson, running } from './pod-json.ts';
import { tempDirectory } from './temp-directory.ts';

const PRELOAD = new URL('./tail-kmsg.ts', import.meta.url).pathname;
/** Records of a report. */
const PER_KILL = 4;

/** A node whose kernel log is a file, with so many pods, and what the agent keeps of it. */
export class TailedNode {
  readonly #directory = tempDirectory();
  readonly #log = join(this.#directory, 'kmsg');
  readonly #podsFile = join(this.#directory, 'pods.json');
  #kills = 0;

  constructor(pods: number) {
    writeFileSync(this.#log, '');
    const items = Array.from({ length: pods }, (_, pod) => podOf(pod));
    writeFileSync(this.#podsFile, JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items }));
    for (const empty of ['proc', 'cgroup']) mkdirSync(join(this.#directory, empty));
  }

  /** `oom-recorder run` as it is, but for the log it reads; it prints its Events. */
  async start(args: readonly string[] = []): Promise<TailingAgent> {
    const flags = {
      kmsg: this.#log,
      pods: this.#podsFile,
      'node-name': 'node-1',
      'state-dir': join(this.#directory, 'state'),
      'proc-root': join(this.#directory, 'proc'),
      'cgroup-root': join(this.#directory, 'cgroup'),
      listen: '127.0.0.1:0',
      output: 'ndjson',
    };
    const own = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const env = { ...process.env, NODE_OPTIONS: `--import=${PRELOAD}` };
    const agent = await startAgent(['--dry-run', ...own, ...args], env);
    return new TailingAgent(agent, await portOf(agent));
  }

  /** The kernel kills a process in this pod, now. */
  kill(pod: number): void {
    const monotonicUs = Number(process.hrtime.bigint() / 1000n);
    const sequence = PER_KILL * this.#kills;
    this.#kills += 1;
    const report = killReport({ sequence, monotonicUs, pod, pid: 1000 + pod });
    appendFileSync(this.#log, report.join(''));
  }
}

/** The agent on such a node. */
export class TailingAgent implements AsyncDisposable {
  readonly process: AgentProcess;
  readonly url: string;
  readonly port: number;

  constructor(process: AgentProcess, port: number) {
    this.process = process;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** The pods of the Events it printed, in order. */
  get printed(): readonly string[] {
    return this.process.output.map((line) => {
      const event: { readonly involvedObject: { readonly name: string } } = JSON.parse(line);
      return event.involvedObject.name;
    });
  }

  /** The values of these series, as they stand in the text with their labels. */
  async metrics(...series: readonly string[]): Promise<readonly number[]> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = new Map(
      text.split('\n').map((line) => line.split(/ (?=\S+$)/) as [string, string]),
    );
    return series.map((name) => Number(lines.get(name)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

function podOf(pod: number): object {
  const cgroup = makeEpisode({ sequence: 1, pod }).taskMemcg ?? '';
  const [id = '', uid = ''] = cgroup.split('/').toReversed();
  const containers = [{ name: 'app', status: { ...running(id) } }];
  return podJson({ name: `pod-${pod}`, uid: uid.replace(/^pod/, ''), containers });
}

async function portOf({ log }: AgentProcess): Promise<number> {
  const isServing = (line: string): boolean => line.includes('serving metrics');
  await vi.waitUntil(() => log.some(isServing), { timeout: 15_000 });
  const said: { readonly port: number } = JSON.parse(log.find(isServing) ?? '{}');
  return said.port;
}
