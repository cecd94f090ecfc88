import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TiedProcess } from '../control-plane/tied-process.ts';
import type { Accelerator } from './accelerator.ts';
import type { Kernel } from './kernel.ts';

export interface Drive {
  readonly file: string;
  readonly format: 'raw' | 'qcow2';
  readonly readOnly?: boolean;
}

export interface MachineSetup {
  /** Its own: holds its sockets and its logs. */
  readonly directory: string;
  readonly kernel: Kernel;
  readonly accelerator: Accelerator;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly root: Drive;
  /** A tar file that is unpacked into the root disk when it is first booted. */
  readonly seed?: string;
  /** A file that the guest finds as its last disk, to write to. */
  readonly output?: string;
  /** So many of the same size, for kills that concern one of them. One by default. */
  readonly numaNodes?: number;
  /** Added to the kernel's command line. */
  readonly kernelArgs?: readonly string[];
  /** Whether it may; else a reboot is its end, and a panic is, too. */
  readonly reboots?: boolean;
  /** A port of the host's loopback that leads to the guest's 6443. */
  readonly apiServerPort?: number;
}

/** Below the directory, which is QEMU's own: a socket's path may be 107 bytes long, and TMPDIR is anywhere. */
export const COMMANDS_SOCKET = 'commands.sock';
export const CONSOLE_SOCKET = 'console.sock';
/** What the guest's kernel said to its screen. */
export const CONSOLE_LOG = 'console.log';

/** For QEMU to make its sockets. */
const START_LIMIT_MS = 30_000;
const TAIL_LINES = 20;

/**
 * The screen is a file. `quiet` and the log level keep the reports of OOM kills away from it: each
 * line there would hold the kernel up. No names for network interfaces: there is one. Mitigations
 * of the CPU's flaws are a sixth of the time of an emulated one, which has no flaws. A panic is a reboot at once.
 */
const KERNEL_ARGS = [
  'console=ttyS0',
  'quiet',
  'loglevel=3',
  'net.ifnames=0',
  'systemd.show_status=false',
  'mitigations=off',
  'panic=-1',
];

/** QEMU's command line. Nothing is there by default, so all there is, is here. */
export function machineArgs(setup: MachineSetup): string[] {
  const { accelerator, kernel, memoryMb, cpus, root, seed, kernelArgs = [] } = setup;
  const { reboots = true, apiServerPort, output, numaNodes = 1 } = setup;
  const modules: Drive = { file: kernel.modules, format: 'raw', readOnly: true };
  const seeds: Drive[] = seed === undefined ? [] : [{ file: seed, format: 'raw', readOnly: true }];
  const outputs: Drive[] = output === undefined ? [] : [{ file: output, format: 'raw' }];
  const drives = [root, modules, ...seeds, ...outputs];
  const forward = apiServerPort && `,hostfwd=tcp:127.0.0.1:${apiServerPort}-10.0.2.15:6443`;
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    reboots ? [] : ['-no-reboot'],
    ['-machine', 'pc', ...accelerator, '-smp', `${cpus}`, '-m', `${memoryMb}`],
    numaArgs(memoryMb, cpus, numaNodes),
    ['-kernel', kernel.image, '-initrd', kernel.initrd],
    ['-append', [...KERNEL_ARGS, ...kernelArgs].join(' ')],
    drives.flatMap(driveArgs),
    ['-netdev', `user,id=net${forward ?? ''}`, '-device', 'virtio-net-pci,netdev=net,romfile='],
    ['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ['-serial', `file:${CONSOLE_LOG}`],
    ['-chardev', socketArgs('console', CONSOLE_SOCKET), '-serial', 'chardev:console'],
    ['-chardev', socketArgs('commands', COMMANDS_SOCKET)],
    ['-device', 'virtserialport,chardev=commands,nr=1'],
  ].flat();
}

/** The disk is thrown away with the machine: nothing of it need be on the host's disk in time. */
function driveArgs({ file, format, readOnly = false }: Drive, at: number): string[] {
  const about = `file=${file.replaceAll(',', ',,')},format=${format},cache=unsafe,discard=unmap`;
  const drive = `if=none,id=disk${at},${about},readonly=${readOnly ? 'on' : 'off'}`;
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=disk${at}`];
}

function socketArgs(id: string, path: string): string {
  return `socket,id=${id},path=${path},server=on,wait=off`;
}

/** As many processors on each. */
function numaArgs(memoryMb: number, cpus: number, nodes: number): string[] {
  if (nodes === 1) return [];
  const each = cpus / nodes;
  return Array.from({ length: nodes }, (_, node) => {
    const memory = `memory-backend-ram,id=memory${node},size=${memoryMb / nodes}M`;
    const both = `node,memdev=memory${node},cpus=${node * each}-${(node + 1) * each - 1}`;
    return ['-object', memory, '-numa', both];
  }).flat();
}

/** A running machine, which cannot outlive this process. */
export function startMachine(setup: MachineSetup): TiedProcess {
  const { directory } = setup;
  const command = ['qemu-system-x86_64', ...machineArgs(setup)];
  return new TiedProcess('qemu', command, directory, join(directory, 'qemu.log'));
}

/** Does some work with a machine that was just started; kills it where the work or it fails. */
export async function withMachine<T>(
  machine: TiedProcess,
  directory: string,
  work: () => Promise<T>,
): Promise<T> {
  const isOpen = async () => access(join(directory, COMMANDS_SOCKET)).then(yes, no);
  const died = async () => {
    await machine.ended();
    const screen = await readFile(join(directory, CONSOLE_LOG), 'utf8').catch(() => '');
    throw new Error(
      `the virtual machine ended\n${screen.split('\n').slice(-TAIL_LINES).join('\n')}`,
    );
  };
  try {
    await machine.whenReady(isOpen, START_LIMIT_MS);
    const unlessItDies = died();
    unlessItDies.catch(() => {}); // later, when nobody waits any more
    return await Promise.race([work(), unlessItDies]);
  } catch (err) {
    await machine.kill('SIGKILL');
    throw err;
  }
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}
