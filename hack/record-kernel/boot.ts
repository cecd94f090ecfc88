import { chmod, cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, needCommands, run } from '../control-plane/commands.ts';
import type { TiedProcess } from '../control-plane/tied-process.ts';
import type { Accelerator } from '../node/accelerator.ts';
import { type Kernel, packInitramfs } from '../node/kernel.ts';
import { makeDisk } from '../node/make-disk.ts';
import { CONSOLE_LOG, startMachine } from '../node/virtual-machine.ts';

const GUEST = join(import.meta.dirname, 'guest');
const IMAGE_ROOT = join(import.meta.dirname, '../image-root.sh');
const EXECUTABLE = 0o755;

/** The agent takes a third of it; the rest is eaten in a system-wide OOM, the half on a NUMA node in a cpuset's. */
const MEMORY_MB = 768;
const NODES = 2;
/**
 * The recorder beside the scenarios must miss nothing while both processors are busy. That an emulated processor
 * stands still where the host has other work is neither a lockup nor a broken timer.
 */
const KERNEL_ARGS = [
  'log_buf_len=4M',
  'nowatchdog',
  'no_timer_check',
  'rcupdate.rcu_cpu_stall_suppress=1',
];
const IMAGE_SIZE = '512M';
/** More than a log and a state file: the file has holes. */
const OUTPUT_BYTES = 256 << 20;
/** Emulated, and beside other work. */
const LIMIT_MS = 40 * 60_000;
const POLL_MS = 500;

export const CGROUP_VERSIONS = ['v2', 'v1'] as const; // newer kernels may have no v1
export type CgroupVersion = (typeof CGROUP_VERSIONS)[number];

export interface Boot {
  /** Its own; nothing of it is there yet. */
  readonly directory: string;
  readonly kernel: Kernel;
  readonly accelerator: Accelerator;
  readonly cgroup: CgroupVersion;
  /** Only the scenarios with this in their file's name; all of them where it is empty. */
  readonly only: string;
  /** What the agent is told of the node's pods: a file for `--pods`. */
  readonly pods: string;
  readonly log: Log;
}

/** Plays the scenarios of `guest/play` on a kernel; the directory that is returned has what the guest left in `/out`. */
export async function playScenarios(boot: Boot): Promise<string> {
  const { directory, kernel, accelerator, cgroup, only, pods, log } = boot;
  const output = join(directory, 'output.tar');
  await writeFile(output, '');
  await truncate(output, OUTPUT_BYTES);
  const machine = startMachine({
    directory,
    kernel: { ...kernel, initrd: await makeInitrd(kernel.initrd, pods, directory) },
    accelerator,
    memoryMb: MEMORY_MB,
    cpus: NODES,
    numaNodes: NODES,
    root: { file: await makeImage(directory), format: 'raw', readOnly: true },
    output,
    kernelArgs: [`record.cgroup=${cgroup}`, `record.only=${only}`, ...KERNEL_ARGS],
    reboots: false,
  });
  try {
    await untilEnded(machine, join(directory, CONSOLE_LOG), log);
  } finally {
    await machine.kill('SIGKILL');
  }
  return readOutput(output, directory);
}

/** The agent as it is shipped: its bundle, Node and Node's libraries. */
async function makeImage(directory: string): Promise<string> {
  const tree = join(directory, 'image');
  const image = join(directory, 'image.img');
  await run(IMAGE_ROOT, [tree, process.execPath]);
  await makeDisk(tree, image, IMAGE_SIZE);
  return image;
}

/** That of hack/node, with busybox and modules, and behind it what takes the place of its init. */
async function makeInitrd(initrd: string, pods: string, directory: string): Promise<string> {
  await needCommands({ gcc: 'gcc' });
  const tree = join(directory, 'guest');
  const record = join(tree, 'record');
  await mkdir(record, { recursive: true });
  for (const name of ['play', 'lib.sh', 'scenarios'])
    await cp(join(GUEST, name), join(record, name), { recursive: true });
  await cp(join(GUEST, 'init'), join(tree, 'init'));
  await cp(pods, join(record, 'pods.json'));
  const flags = ['-static', '-O1', '-Wall', '-Werror', '-pthread'];
  await run('gcc', [...flags, '-o', join(record, 'eat'), join(GUEST, 'eat.c')]);
  for (const name of ['init', 'record/play']) await chmod(join(tree, name), EXECUTABLE);
  const guest = join(directory, 'guest.cpio');
  await packInitramfs(tree, guest);
  const both = join(directory, 'initrd');
  await writeFile(both, Buffer.concat([await readFile(initrd), await readFile(guest)]));
  return both;
}

/** Says meanwhile what the guest says on its screen: which scenario is played. */
async function untilEnded(machine: TiedProcess, screen: string, log: Log): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (let said = 0; machine.running;) {
    await sleep(POLL_MS);
    const lines = (await readFile(screen, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    for (const line of lines.slice(said)) log(line.trimEnd());
    said = lines.length;
    if (performance.now() > giveUpAt) throw new Error(`the guest did not end in ${LIMIT_MS} ms`);
  }
}

async function readOutput(tar: string, directory: string): Promise<string> {
  const out = join(directory, 'out');
  await mkdir(out);
  await run('tar', ['--extract', '--file', tar, '--directory', out]);
  const code = await readFile(join(out, 'code'), 'utf8').catch(() => 'none');
  if (code.trim() !== '0') {
    const errors = await readFile(join(out, 'errors'), 'utf8').catch(() => '');
    throw new Error(`in the guest (exit code ${code.trim()}): ${errors.trim()}`);
  }
  await mkdir(join(out, 'state'));
  await run('tar', ['-xf', join(out, 'state.tar'), '-C', join(out, 'state')]);
  return out;
}
