import { type ChildProcess, execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { AGENT_FLAGS } from '../support/agent-flags.ts';
import { spawnAgent } from '../support/spawn-agent.ts';

const SAMPLE_EVERY_MS = 200;
/** Of ten moments it runs in one. */
const THROTTLE = { runMs: 20, stopMs: 180 };
/** A descriptor for a connection, and none for much more. */
const SPARE_DESCRIPTORS = 1;
const MANY_DESCRIPTORS = 4096;

/** The most it had at any moment that was looked at. */
export interface Peaks {
  readonly rssMb: number;
  readonly descriptors: number;
}

/** `oom-recorder run` from its sources, as the image starts it, but for its kernel log and its clock. */
export class ChaosAgent {
  readonly #child: ChildProcess;
  /** Resolves when it watches the log, or has ended before. */
  readonly reads: Promise<void>;
  readonly ended: Promise<unknown>;
  readonly #sampling: NodeJS.Timeout;
  #port: number | undefined;
  #isStateAway = false;
  #peaks: Peaks = { rssMb: 0, descriptors: 0 };
  #throttle: NodeJS.Timeout | undefined;

  constructor(args: readonly string[], clockFile: string, logFile: string) {
    const { child, reads, ended } = spawnAgent({
      args,
      preloads: ['tail-kmsg.ts', 'clock-from-file.ts'],
      env: { CLOCK_AHEAD_FILE: clockFile },
      flags: AGENT_FLAGS,
      onLine: (line) => {
        appendFileSync(logFile, `${line}\n`);
        this.#hear(line);
      },
    });
    this.#child = child;
    [this.reads, this.ended] = [reads, ended];
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_EVERY_MS).unref();
    void ended.then(() => clearInterval(this.#sampling));
  }

  /** Whether a crash would cost it what it knows: its state file cannot be written. */
  get isStateAway(): boolean {
    return this.#isStateAway;
  }

  get peaks(): Peaks {
    return this.#peaks;
  }

  /** Why it ended: an exit code or a signal's name. */
  get end(): string {
    return String(this.#child.exitCode ?? this.#child.signalCode);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a cgroup's quota does it: stopped for most of the time. */
  throttle(isOn: boolean): void {
    clearTimeout(this.#throttle);
    this.#throttle = undefined;
    this.signal('SIGCONT');
    if (isOn) this.#stopFor();
  }

  /** Takes it all descriptors but those it has and one; or gives them back. */
  limitDescriptors(isShort: boolean): void {
    try {
      const limit = isShort ? this.#descriptors() + SPARE_DESCRIPTORS : MANY_DESCRIPTORS;
      const args = [`--pid=${this.#child.pid}`, `--nofile=${limit}:`];
      execFileSync('prlimit', args, { stdio: 'ignore' });
    } catch {
      // It has just ended.
    }
  }

  /** The values of its series; `undefined` where it does not answer. */
  async metrics(...names: readonly string[]): Promise<readonly number[] | undefined> {
    try {
      const signal = AbortSignal.timeout(2000);
      const answer = await fetch(`http://127.0.0.1:${this.#port ?? 0}/metrics`, { signal });
      const text = await answer.text();
      return names.map((name) =>
        Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1]),
      );
    } catch {
      return undefined;
    }
  }

  #stopFor(): void {
    this.signal('SIGSTOP');
    this.#throttle = setTimeout(() => {
      this.signal('SIGCONT');
      this.#throttle = setTimeout(() => this.#stopFor(), THROTTLE.runMs);
    }, THROTTLE.stopMs);
  }

  #hear(line: string): void {
    if (line.includes('E_STATE_UNWRITABLE')) this.#isStateAway = true;
    if (line.includes('the state file is written again')) this.#isStateAway = false;
    const port = /"port":(?<port>\d+),"msg":"serving metrics/.exec(line)?.groups?.['port'];
    if (port !== undefined) this.#port = Number(port);
  }

  #sample(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const rssKb = Number(/^VmRSS:\s+(?<kb>\d+) kB$/m.exec(status)?.groups?.['kb'] ?? 0);
      this.#peaks = {
        rssMb: Math.max(this.#peaks.rssMb, Math.round(rssKb / 1024)),
        descriptors: Math.max(this.#peaks.descriptors, this.#descriptors()),
      };
    } catch {
      // It has just ended.
    }
  }

  #descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }
}
