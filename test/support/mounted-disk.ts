import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether to do without a disk of one's own, which needs root; said loudly, and never in CI. */
export function needsTmpfs(): boolean {
  if (process.env['CI'] === 'true') return false;
  const directory = mkdtempSync(join(tmpdir(), 'oom-recorder-test-'));
  try {
    new MountedDisk(directory, 4).unmount();
    return false;
  } catch {
    console.warn('SKIPPED: full disks, which are mounted and need root');
    return true;
  } finally {
    rmdirSync(directory);
  }
}

/** A tmpfs over a directory; needs root. */
export class MountedDisk implements Disposable {
  readonly directory: string;

  constructor(directory: string, kib: number) {
    this.directory = directory;
    mount('-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', directory);
    process.once('exit', this.#unmount);
  }

  remount(how: 'ro' | 'rw' | `size=${number}k`): void {
    mount('-o', `remount,${how}`, this.directory);
  }

  /** Takes what room there is. @returns what gives it back */
  fillUp(): () => void {
    const ballast = join(this.directory, 'ballast');
    for (let bytes = 1 << 20; bytes > 0; bytes >>= 1) {
      try {
        for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' });
      } catch {
        // Half as much may fit.
      }
    }
    return () => rmSync(ballast);
  }

  /** Left to itself it is mounted as long as this process lives. */
  unmount(): void {
    process.off('exit', this.#unmount);
    this.#unmount();
  }

  [Symbol.dispose](): void {
    this.unmount();
  }

  readonly #unmount = (): void => {
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'ignore' });
  };
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' });
}
