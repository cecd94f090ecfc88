import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { realTime } from '../../src/kmsg/real-time.ts';
import { needsRoot } from '../support/needs-root.ts';

const [SCHED_OTHER, SCHED_RR] = [0, 2];

/** proc_pid_stat(5), fields 40 and 41, of the thread that asks. */
function scheduling(): { readonly priority: number; readonly policy: number } {
  const stat = readFileSync('/proc/thread-self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { priority: Number(fields[40 - 3]), policy: Number(fields[41 - 3]) };
}

describe.skipIf(needsRoot())('work that runs ahead', () => {
  test('has the lowest real-time priority, and only while it runs', () => {
    expect(realTime()(scheduling)).toEqual({ priority: 1, policy: SCHED_RR });
    expect(scheduling().policy).toBe(SCHED_OTHER);
  });

  test('gives it back where it fails', () => {
    const fail = (): never => {
      throw new Error('work');
    };
    expect(() => realTime()(fail)).toThrow('work');
    expect(scheduling().policy).toBe(SCHED_OTHER);
  });

  test('leaves threads that are started meanwhile as they are', async () => {
    // A worker thread is new for certain; those of the pool may be older.
    const policy = await realTime()(
      async () =>
        new Promise<number>((resolve) => {
          const code = `const stat = require('fs').readFileSync('/proc/thread-self/stat', 'latin1');
            require('worker_threads').parentPort.postMessage(Number(stat.split(') ').at(-1).split(' ')[38]));`;
          new Worker(code, { eval: true }).once('message', resolve);
        }),
    );
    expect(policy).toBe(SCHED_OTHER);
  });

  test.each<readonly [string, readonly string[], number]>([
    ['the kernel refuses it', ['setpriv', '--bounding-set', '-sys_nice'], SCHED_OTHER],
    ['somebody chose another scheduling for the process', ['chrt', '--batch', '0'], 3],
  ])('is done as usual where %s', (_, [command = '', ...args], policy) => {
    const module = JSON.stringify(new URL('../../src/kmsg/real-time.ts', import.meta.url).pathname);
    const code = `
      import { readFileSync } from 'node:fs';
      import { realTime } from ${module};
      const stat = () => readFileSync('/proc/thread-self/stat', 'latin1').split(' ');
      console.log(realTime()(stat)[41 - 1], stat()[41 - 1]);`;
    const node = [process.execPath, '--input-type=module', '--eval', code];
    const said = execFileSync(command, [...args, ...node], { encoding: 'utf8' });
    expect(said).toBe(`${policy} ${policy}\n`);
  });
});
