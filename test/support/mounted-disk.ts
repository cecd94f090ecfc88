import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tmpfs over a directory; needs root. */
export class MountedDisk {
  readonly directory: string;

  constructor(directory: string, kib: number) {
    this.directory = directory;
    mount('-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', directory);
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

  unmount(): void {
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'ignore' });
  }
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' });
}
