import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../hack/oom-kill.sh', import.meta.url));

/** One real kill, as `hack/oom-kill.sh` made it. */
export interface MadeKill {
  readonly podUid: string;
  readonly containerId: string;
  /** As the kernel names it. */
  readonly cgroup: string;
  /** Of the process that died. */
  readonly pid: number;
}

/** The options of `hack/oom-kill.sh`. Sizes are the kernel's: `16M`. */
export interface KillOptions {
  readonly pod?: string;
  readonly container?: string;
  readonly limit?: string;
  readonly podLimit?: string;
  readonly name?: string;
  readonly oomScoreAdj?: number;
  readonly child?: boolean;
  readonly count?: number;
  readonly linger?: number;
}

/**
 * Makes real OOM kills on this machine and waits until its cgroups are gone again. The kernel's log
 * and its rate limit are the whole machine's: look only at the pods and pids that this returns.
 */
export async function makeKills(options: KillOptions = {}): Promise<readonly MadeKill[]> {
  const script = spawn(SCRIPT, argumentsOf(options), { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.withResolvers<number | null>();
  script.on('error', ended.reject).on('close', ended.resolve);
  const [code, said, complaint] = await Promise.all([
    ended.promise,
    text(script.stdout),
    text(script.stderr),
  ]);
  if (code !== 0) throw new Error(`oom-kill.sh ended with ${code}: ${complaint}`);
  return said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as MadeKill);
}

/** Makes one kill. */
export async function makeKill(options: Omit<KillOptions, 'count'> = {}): Promise<MadeKill> {
  const [kill] = await makeKills(options);
  if (kill === undefined) throw new Error('oom-kill.sh made no kill');
  return kill;
}

/** `{ podLimit: '64M', child: true }` → `--pod-limit 64M --child`. */
function argumentsOf(options: KillOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (typeof value === 'boolean') return value ? [flag] : [];
    return value === undefined ? [] : [flag, String(value)];
  });
}
