import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Waits for the end of its stdin, then removes. Servers killed at that moment may still be writing. */
const JANITOR = 'cat; for _ in 1 2 3 4 5; do rm -rf -- "$0" && exit; sleep 0.2; done';

export interface DataDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * A private directory that does not outlive this process. A shell in a session of its own holds
 * the other end of a pipe: when we are gone, also by SIGKILL, it reads the end and removes it.
 */
export async function createDataDirectory(name = 'control-plane'): Promise<DataDirectory> {
  const path = await mkdtemp(join(tmpdir(), `oom-recorder-${name}-`)); // mode 0700
  const janitor = spawn('sh', ['-c', JANITOR, path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.unref();
  const gone = once(janitor, 'exit');
  return {
    path,
    remove: async () => {
      janitor.ref();
      janitor.stdin.end();
      await gone;
      await rm(path, { recursive: true, force: true });
    },
  };
}
