import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lines of a server's log that are worth showing when it does not start. */
const TAIL_LINES = 20;
const POLL_MS = 50;

/**
 * The kernel kills it when its parent is gone, however the parent went. Where the parent was gone
 * before prctl(2) was called, nothing would: hence the look at $PPID, after it.
 */
const TIE = ['--pdeathsig', 'KILL', '--', 'sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"'];

/**
 * The command that runs this one for as long as this process lives, not even outliving a SIGKILL of it.
 * (More exactly: the thread that starts it. Start it from the main thread.)
 */
export function tied(command: readonly string[]): readonly [file: string, ...args: string[]] {
  return ['setpriv', ...TIE, String(process.pid), ...command];
}

/** A server that cannot outlive this process, not even when this process is killed with SIGKILL. */
export class TiedProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #exited: Promise<unknown>;

  constructor(name: string, command: readonly string[], cwd: string, logFile: string) {
    const log = openSync(logFile, 'a');
    // etcd takes flags from ETCD_* and both heed proxies: they get nothing of our environment.
    const [file, ...args] = tied(command);
    this.#child = spawn(file, args, {
      cwd,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.name = name;
    this.#logFile = logFile;
    this.#exited = once(this.#child, 'exit');
    this.#exited.catch(() => {}); // `error`: it was never started, and whenReady() says so
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.pid !== undefined && this.#child.exitCode === null && !this.#child.signalCode;
  }

  /** Settles when it has ended, whatever the reason. */
  async ended(): Promise<void> {
    if (this.running) await this.#exited;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.ended();
  }

  /** Waits for it to answer; if it ends or takes too long, fails with the end of its log. */
  async whenReady(answers: () => Promise<boolean>, limitMs: number): Promise<void> {
    const giveUpAt = performance.now() + limitMs;
    while (!(await answers())) {
      if (!this.running) throw new Error(`${this.name} ended at start\n${this.#logTail()}`);
      if (performance.now() > giveUpAt)
        throw new Error(`${this.name} not ready after ${limitMs} ms\n${this.#logTail()}`);
      await sleep(POLL_MS);
    }
  }

  #logTail(): string {
    const lines = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n');
    return lines.slice(-TAIL_LINES).join('\n');
  }
}
