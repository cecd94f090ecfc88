import { access, chmod, copyFile, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheDirectory, cachedDirectory } from '../control-plane/cache.ts';
import { type Log, needCommands, run } from '../control-plane/commands.ts';
import { debianSources, unpackPackage } from './debian.ts';
import { furtherSuites } from './further-suites.ts';
import { hashOfFiles } from './hash-of-files.ts';
import { makeDisk } from './make-disk.ts';

/**
 * What the guest needs before it can mount its disks, and what its first services would else wait
 * for. On some kernels part of it is built in.
 */
const MODULES = ['virtio_pci', 'virtio_blk', 'ext4', 'virtio_net', 'virtio_console', 'virtio_rng'];
const INIT = join(import.meta.dirname, 'initramfs-init.sh');
/** More than any kernel's modules; the file has holes. */
const MODULES_DISK_SIZE = '512M';
/** Several series, of several trees. */
const KEPT = 6;
const EXECUTABLE = 0o755;

/** Debian's name of a kernel for virtual machines; not the meta-packages that depend on one. */
const PACKAGE = /^linux-image-(?<series>\d+\.\d+)\.\S+-cloud-amd64$/;

/** A kernel to boot directly, without a boot loader. */
export interface Kernel {
  /** As `uname -r` says. */
  readonly release: string;
  readonly image: string;
  readonly initrd: string;
  /** A disk with the kernel's modules: the root disk is the same for all kernels. */
  readonly modules: string;
}

/** `series` is `6.1`, `6.12`, … or `newest`: the latest of it that apt offers; else Debian's further suites are asked. */
export async function resolveKernel(
  series: string,
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: Log },
): Promise<Kernel> {
  await debianSources();
  const own = pickKernel(await kernelsOffered(), series);
  const apt = own === undefined ? await furtherSuites({ env, log }) : process.env;
  const debianPackage = own ?? (await pickFurther(apt, series));
  const release = debianPackage.replace('linux-image-', '');
  const name = `kernel-${release}-${await hashOfFiles([INIT, import.meta.filename])}`;
  const cache = cacheDirectory(env, 'node');
  const directory = await cachedDirectory({ cache, name, log, keep: KEPT }, async (into) => {
    log(`preparing Debian's kernel ${release} (once)`);
    await makeKernel(debianPackage, release, { into, apt });
  });
  const file = (name: string) => join(directory, name);
  return { release, image: file('vmlinuz'), initrd: file('initrd'), modules: file('modules.img') };
}

async function kernelsOffered(apt = process.env): Promise<string[]> {
  const names = await run('apt-cache', ['pkgnames', 'linux-'], { env: apt });
  return wholeKernels(names.split('\n'));
}

/** An archive may have the image of a series that is over, and no modules for it any longer. */
export function wholeKernels(names: readonly string[]): string[] {
  const there = new Set(names);
  return names.filter((name) => {
    const part = (kind: string): boolean => there.has(name.replace('linux-image-', kind));
    return PACKAGE.test(name) && (!part('linux-binary-') || part('linux-modules-'));
  });
}

/** The newest package of a series, or of all. */
export function pickKernel(names: readonly string[], series: string): string | undefined {
  const fitting = names.filter((name) => {
    const of = seriesOf(name);
    return of !== undefined && (series === 'newest' || of === series);
  });
  return fitting.toSorted(byVersion).at(-1);
}

async function pickFurther(apt: NodeJS.ProcessEnv, series: string): Promise<string> {
  const offered = await kernelsOffered(apt);
  const found = pickKernel(offered, series);
  if (found !== undefined) return found;
  const all = new Set(offered.flatMap((name) => seriesOf(name) ?? []));
  const known = [...all].toSorted(byVersion).join(', ') || 'none';
  throw new Error(`kernel ${series}: the series of Debian's cloud kernels apt offers: ${known}`);
}

function seriesOf(name: string): string | undefined {
  return PACKAGE.exec(name)?.groups?.['series'];
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** The package is unpacked, not installed: the host's own boot is none of our business. */
async function makeKernel(
  debianPackage: string,
  release: string,
  { into, apt }: { readonly into: string; readonly apt: NodeJS.ProcessEnv },
): Promise<void> {
  await needCommands({ depmod: 'kmod', xz: 'xz-utils' });
  const unpacked = join(into, 'unpacked');
  await mkdir(unpacked);
  const offered = await run('apt-cache', ['pkgnames'], { env: apt });
  for (const name of packagesOf(debianPackage, offered)) {
    const one = await unpackPackage(name, into, apt);
    await run('cp', ['--archive', `${one}/.`, unpacked]);
    await rm(one, { recursive: true });
  }
  const root = join(into, 'root');
  await mkdir(join(root, 'usr/lib'), { recursive: true });
  await symlink('usr/lib', join(root, 'lib')); // packages and kmod agree on one of the two
  const library = join(root, 'usr/lib/modules');
  await rename(
    await firstOf([join(unpacked, 'usr/lib/modules'), join(unpacked, 'lib/modules')]),
    library,
  );
  const image = [join(library, release, 'vmlinuz'), join(unpacked, 'boot', `vmlinuz-${release}`)];
  await copyFile(await firstOf(image), join(into, 'vmlinuz'));
  await run('find', [library, '-name', '*.ko.xz', '-exec', 'xz', '--decompress', '{}', '+']);
  await run('depmod', ['--basedir', root, release]);
  await makeInitrd(root, release, into);
  await makeDisk(library, join(into, 'modules.img'), MODULES_DISK_SIZE);
  for (const directory of [root, unpacked]) await rm(directory, { recursive: true });
}

/** Since 6.19 Debian has the image, its modules and what is built in in packages of their own; the one named for all is empty. */
export function packagesOf(debianPackage: string, offered: string): readonly string[] {
  const names = new Set(offered.split('\n'));
  const parts = ['linux-base-', 'linux-binary-', 'linux-modules-'].map((part) =>
    debianPackage.replace('linux-image-', part),
  );
  return [debianPackage, ...parts.filter((name) => names.has(name))];
}

async function makeInitrd(root: string, release: string, into: string): Promise<void> {
  const tree = join(into, 'initramfs');
  for (const directory of ['bin', 'dev', 'proc', 'sys', 'root', 'modules'])
    await mkdir(join(tree, directory), { recursive: true });
  await rename(await unpackBusybox(into), join(tree, 'bin/busybox'));
  await copyFile(INIT, join(tree, 'init'));
  await chmod(join(tree, 'init'), EXECUTABLE);
  // The number keeps the order: a module comes after those it needs.
  for (const [at, file] of (await neededModules(root, release)).entries()) {
    const target = join(tree, 'modules', `${String(at).padStart(2, '0')}-${basename(file)}`);
    await copyFile(file, target);
  }
  await packInitramfs(tree, join(into, 'initrd'));
  await rm(tree, { recursive: true });
}

/** Several of them, one behind the other in a file, are one: what comes later replaces what came before. */
export async function packInitramfs(tree: string, file: string): Promise<void> {
  await needCommands({ cpio: 'cpio' });
  const archive = 'cd "$0" && find . | cpio --quiet --create --format=newc --owner=0:0 >"$1"';
  await run('sh', ['-c', archive, tree, file]);
}

async function neededModules(root: string, release: string): Promise<string[]> {
  const where = ['--dirname', root, '--set-version', release];
  const listed = await run('modprobe', [...where, '--show-depends', '--all', ...MODULES]);
  const lines = listed.split('\n').map((line) => /^insmod (?<file>\S+)/.exec(line));
  return [...new Set(lines.flatMap((match) => match?.groups?.['file'] ?? []))];
}

/** The one without libraries; its path depends on the release of Debian. */
export async function unpackBusybox(into: string): Promise<string> {
  const root = await unpackPackage('busybox-static', into);
  const file = join(into, 'busybox-static.bin');
  await rename(await firstOf([join(root, 'usr/bin/busybox'), join(root, 'bin/busybox')]), file);
  await rm(root, { recursive: true });
  return file;
}

async function firstOf(paths: readonly string[]): Promise<string> {
  for (const path of paths)
    if (await access(path).then(() => true, () => false)) return path; // oxfmt-ignore
  throw new Error(`none of ${paths.join(', ')}`);
}
