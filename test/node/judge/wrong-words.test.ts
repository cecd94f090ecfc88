import { expect, test } from 'vitest';
import type { PrintedKill } from '../look/kernel-log.ts';
import type { ContainerProcess } from '../look/processes.ts';
import { wrongWords } from './wrong-words.ts';

const [WEB = '', SHOP = ''] = ['a', 'b'].map(
  (digit) => `/kubepods/cri-containerd-${digit.repeat(64)}.scope`,
);

const kill = (pid: number, cgroup: string | undefined, hasContext: boolean): PrintedKill => ({
  pid,
  atUs: 1,
  cgroup,
  hasContext,
});

const lived = (pid: number, pod: string, cgroup = ''): ContainerProcess => ({
  pid,
  pod,
  cgroup,
  comm: 'sh',
  container: 'app',
});

/** In `web` 1 and 2 were killed together, with context; in `shop` 3, without. */
function wrong(message: string, pod = 'web'): readonly string[] {
  const kills = [kill(1, WEB, true), kill(2, WEB, false), kill(3, undefined, false)];
  const about = { kind: 'Pod', name: pod, fieldPath: 'spec.containers{app}' };
  return wrongWords({
    events: [{ metadata: {}, involvedObject: about, message }],
    kernel: {
      counted: 4,
      records: [],
      log: { lines: 4, kills: new Map(kills.map((one) => [one.pid, one])), groups: [WEB] },
    },
    processes: [lived(1, 'web', WEB), lived(2, 'web', WEB), lived(3, 'shop', SHOP)],
  });
}

test('nothing is wrong where the kernel says the same', () => {
  expect(wrong('killed process sh (pid 1) and 1 other process of the container')).toEqual([]);
  expect(wrong('Killed process sh (pid 3): the kernel withheld', 'shop')).toEqual([]);
  expect(wrong('killed process sh (pid 3), … survived', 'shop')).toEqual([]);
});

test.each([
  ['a process nobody killed', 'killed process sh (pid 9)', /^the kernel killed no 9/],
  ['one of another pod', 'killed process sh (pid 3)', /^3 lived in shop\/app/],
  ['one of a group', 'killed process sh (pid 1), anon-rss', /^the kernel killed 2 of them/],
  ['silence where there was none', '(pid 1) and 1 other process: withheld', /^not withheld/],
  ['a survivor of a group', '(pid 1) and 1 other process, … survived', /^survived a group kill/],
])('wrong is to say %s', (_, message, what) => {
  expect(wrong(message)).toEqual([expect.stringMatching(what)]);
});
