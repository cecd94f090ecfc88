import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the test's own, gone after it. */
export function tempDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Whether file systems can be mounted here. */
export function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-test-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A file system of the test's own, of a size that is soon reached. */
export class SmallDisk {
  readonly directory = tempDirectory();

  constructor(kib: number) {
    this.#mount(['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', this.directory]);
    onTestFinished(() => {
      execFileSync('umount', ['--lazy', this.directory]);
    });
  }

  remount(how: 'ro' | 'rw' | `size=${number}k`): void {
    this.#mount(['-o', `remount,${how}`, this.directory]);
  }

  #mount(args: readonly string[]): void {
    execFileSync('mount', [...args]);
  }
}
