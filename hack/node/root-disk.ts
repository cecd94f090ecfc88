import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cacheDirectory, cachedDirectory } from '../control-plane/cache.ts';
import { type Log, run } from '../control-plane/commands.ts';
import type { Accelerator } from './accelerator.ts';
import type { BaseImages } from './base-images.ts';
import { resolveDebian } from './debian-root.ts';
import { GuestShell } from './guest-shell.ts';
import { NODE_NAME } from './guest-config.ts';
import { hashOfFiles } from './hash-of-files.ts';
import { IMPORT_IMAGES } from './import-images.ts';
import type { Kernel } from './kernel.ts';
import { makeDisk } from './make-disk.ts';
import type { NodeBinaries } from './node-binaries.ts';
import { writeOciArchive } from './oci-archive.ts';
import { SEED_DIRECTORIES, writeSeed } from './seed.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { startMachine, withMachine } from './virtual-machine.ts';

/** The files here that a node has at the same place. */
const GUEST = join(import.meta.dirname, 'guest');

/** What costs an emulated CPU time and gives this node nothing. */
const MASKED = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'systemd-tmpfiles-clean.timer',
  'getty@.service',
  'serial-getty@.service',
  'console-getty.service',
  'modprobe@.service',
  'systemd-logind.service',
  'systemd-networkd.service',
  'systemd-resolved.service',
  'systemd-timesyncd.service',
  'systemd-udev-trigger.service',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-journal-flush.service',
  'systemd-random-seed.service',
  'systemd-pstore.service',
];

/** Those of other trees. A gigabyte each. */
const KEPT = 3;
/** A file with holes: what the guest may fill, not what it takes. */
const DISK_SIZE = '16G';
const MEMORY_MB = 4096;
const START_LIMIT_MS = 600_000;
/** In the guest, and until they are imported. */
const ARCHIVE = '/var/tmp/images.tar';

export interface RootDiskParts {
  readonly binaries: NodeBinaries;
  readonly images: BaseImages;
  /** Any: the disk is the same for all. */
  readonly kernel: Kernel;
  readonly accelerator: Accelerator;
}

/** The guest's root disk, to be used through an overlay: everything on it that no start changes. */
export async function resolveRootDisk(
  parts: RootDiskParts,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<string> {
  const cache = cacheDirectory(env, 'node');
  const debian = await resolveDebian({ env, log });
  const made = [basename(dirname(debian)), parts.binaries.version, parts.images.id];
  const name = `disk-${await hashOfFiles([GUEST, import.meta.filename], made.join())}`;
  const directory = await cachedDirectory({ cache, name, log, keep: KEPT }, async (into) => {
    const tree = join(into, 'tree');
    const disk = join(into, 'root.img');
    log("making the node's root disk (once)");
    await makeTree(tree, debian, parts.binaries);
    const { runtime, busybox, pause } = parts.images;
    await writeOciArchive([runtime, busybox, pause], join(tree, ARCHIVE));
    await makeDisk(tree, disk, DISK_SIZE);
    await rm(tree, { recursive: true });
    log('preparing it in a guest (once)');
    await prepareDisk(disk, into, parts);
  });
  return join(directory, 'root.img');
}

async function makeTree(tree: string, debian: string, binaries: NodeBinaries): Promise<void> {
  await mkdir(tree);
  await run('tar', ['--extract', '--numeric-owner', '--file', debian, '--directory', tree]);
  await cp(GUEST, tree, { recursive: true });
  for (const file of binaries.guest) await cp(file, join(tree, 'usr/local/bin', basename(file)));
  await writeFile(join(tree, 'etc/hostname'), `${NODE_NAME}\n`);
  await writeFile(join(tree, 'etc/hosts'), `127.0.0.1 localhost\n10.0.2.15 ${NODE_NAME}\n`);
  await rm(join(tree, 'etc/resolv.conf'), { force: true });
  await writeFile(join(tree, 'etc/resolv.conf'), 'nameserver 10.0.2.3\n');
  await writeFile(join(tree, 'etc/fstab'), '');
  await mkdir(join(tree, 'usr/lib/modules'), { recursive: true });
  // Fixed, so that systemd does not take every boot for the first.
  await writeFile(join(tree, 'etc/machine-id'), `${'0'.repeat(31)}1\n`);
  await arrangeUnits(join(tree, 'etc/systemd/system'));
}

/** What `systemctl enable` and `mask` would do, without a systemctl on the host. */
async function arrangeUnits(directory: string): Promise<void> {
  const wants = join(directory, 'multi-user.target.wants');
  await mkdir(wants, { recursive: true });
  for (const unit of await readdir(join(GUEST, 'etc/systemd/system')))
    if (unit.endsWith('.service')) await symlink(`../${unit}`, join(wants, unit));
  for (const unit of MASKED) {
    await rm(join(directory, unit), { force: true });
    await symlink('/dev/null', join(directory, unit));
  }
}

/**
 * In the guest itself, once, what every start would else wait for. containerd unpacks the images,
 * which takes a minute on an emulated CPU. The API server fills an empty etcd with two hundred roles
 * and the like; its certificates are for this occasion only.
 */
async function prepareDisk(disk: string, into: string, parts: RootDiskParts): Promise<void> {
  const { kernel, accelerator } = parts;
  const { archive } = await writeSeed(into, 'https://127.0.0.1', DEFAULT_SETTINGS);
  const machine = startMachine({
    directory: into,
    kernel,
    accelerator,
    memoryMb: MEMORY_MB,
    cpus: 2,
    root: { file: disk, format: 'raw' },
    seed: archive,
    kernelArgs: ['systemd.unit=prepare.target'],
    reboots: false,
  });
  const shell = new GuestShell(into);
  await withMachine(machine, into, async () => {
    await shell.check(`systemctl start containerd && ${IMPORT_IMAGES} <${ARCHIVE}`);
    await shell.check('systemctl start kube-apiserver', { limitMs: START_LIMIT_MS });
    await shell.check('systemctl stop kube-apiserver etcd containerd');
    await shell.check(`rm -r ${ARCHIVE} ${SEED_DIRECTORIES.join(' ')}`);
    await shell.check('fstrim / && systemctl --no-block poweroff');
  });
  await machine.ended();
  for (const name of await readdir(into))
    if (name !== basename(disk)) await rm(join(into, name), { recursive: true });
}
