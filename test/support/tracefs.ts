import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempDirectory } from './temp-directory.ts';

/** The machine's tracefs, mounted once more for the test; needs root. */
export function mountTracefs(): string {
  const root = tempDirectory();
  mount(root, '-t', 'tracefs', 'nodev');
  return root;
}

/** A mount of it that cannot be written. */
export function mountReadOnly(tracefs: string): string {
  const root = tempDirectory();
  mount(root, '--bind', tracefs);
  execFileSync('mount', ['-o', 'remount,bind,ro', root]);
  return root;
}

function mount(root: string, ...args: readonly string[]): void {
  execFileSync('mount', [...args, root]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', root]));
}

/** The agents' instances that there are. */
export function instancesIn(root: string): readonly string[] {
  return readdirSync(join(root, 'instances')).filter((name) => name.startsWith('oom-recorder-'));
}
