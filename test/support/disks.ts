import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MountedDisk } from './mounted-disk.ts';
import { haveTools } from './test-tools.ts';
import { tempDirectory } from './temp-directory.ts';

/** Whether to skip what mounts file systems; said loudly, and never in CI. */
export async function needsMounts(): Promise<boolean> {
  const isMade = await haveTools('mkfs.ext4', 'e2fsck');
  if (process.env['CI'] === 'true' || (isMade && canMount())) return false;
  console.warn('SKIPPED: tests of full and failing disks mount them, which needs root');
  return true;
}

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-test-'));
  try {
    const image = makeImage(directory);
    run('mount', '-o', 'loop', image, directory);
    run('umount', directory);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A file system of the test's own, of a size that is soon reached. */
export class SmallDisk extends MountedDisk {
  constructor(kib: number) {
    super(tempDirectory(), kib);
    onTestFinished(() => this.unmount());
  }
}

/**
 * A disk that breaks under open files. No file system can be mounted read-only while one is open for
 * writing; ext4 does so by itself when it finds an error, and `abort` has it find one.
 *
 * @see https://docs.kernel.org/admin-guide/ext4.html
 */
export class FailingDisk {
  readonly directory = tempDirectory();
  readonly #image = makeImage(tempDirectory());

  constructor() {
    this.#mount();
    onTestFinished(() => run('umount', '--lazy', this.directory));
  }

  /** Read-only from now on, also for who has files open. */
  breakDown(): void {
    run('mount', '-o', 'remount,abort', this.directory);
  }

  /** What an administrator does; fails while a file is open. */
  repair(): void {
    run('umount', this.directory);
    try {
      run('e2fsck', '-fy', this.#image);
    } catch {
      // Exit code 1: errors were corrected.
    }
    this.#mount();
  }

  #mount(): void {
    run('mount', '-o', 'loop', this.#image, this.directory);
  }
}

function makeImage(directory: string): string {
  const image = join(directory, 'image');
  writeFileSync(image, '');
  truncateSync(image, 16 << 20);
  run('mkfs.ext4', '-q', image);
  return image;
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}
