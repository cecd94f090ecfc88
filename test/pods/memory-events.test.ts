import { describe, expect, test } from 'vitest';
import { memoryEvents } from '../../src/pods/memory-events.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';
import { CONTAINER, POD } from '../support/marks.ts';

const QOS = POD.slice(0, POD.lastIndexOf('/'));
const TOP = '/kubepods.slice';
const VMSTAT = { '/proc/vmstat': 'nr_free_pages 1\noom_kill 7\nother 2\n' };

function look(files: FakeFiles) {
  const { tree, proc } = fakeNode(files);
  return memoryEvents(tree, proc).look();
}

describe('on cgroup v2', () => {
  const events = (oom: number, kills: number, groups?: number): string =>
    `low 0\nhigh 0\nmax 9\noom ${oom}\noom_kill ${kills}\n${groups === undefined ? '' : `oom_group_kill ${groups}\n`}`;
  const files: FakeFiles = {
    ...VMSTAT,
    '/cg/cgroup.controllers': 'memory\n',
    '/cg/system.slice/memory.events': events(0, 1, 0),
    '/cg/system.slice/memory.events.local': events(0, 0),
    '/cg/system.slice/foo.service/memory.events': events(0, 1, 0),
    [`/cg${TOP}/memory.events`]: events(2, 6, 1),
    [`/cg${TOP}/memory.events.local`]: events(0, 0),
    [`/cg${QOS}/memory.events`]: events(2, 6, 1),
    [`/cg${QOS}/memory.events.local`]: events(0, 0),
    [`/cg${POD}/memory.events`]: events(2, 6, 1),
    [`/cg${POD}/memory.events.local`]: events(2, 0),
    [`/cg${POD}/memory.max`]: '33554432\n',
    [`/cg${CONTAINER}/memory.events`]: events(0, 6, 1),
    [`/cg${CONTAINER}/memory.events.local`]: events(0, 6),
    [`/cg${CONTAINER}/memory.max`]: 'max\n',
    [`/cg${CONTAINER}/inner/memory.events`]: events(0, 6, 1),
  };

  test('what was counted at the top, above the pods, in them and in their containers', () => {
    const found = look(files);
    expect([...(found?.rows.keys() ?? [])].toSorted()).toEqual(
      ['/system.slice', TOP, QOS, POD, CONTAINER].toSorted(),
    );
    expect(found).toMatchObject({ before: 7, after: 7 });
    expect(found?.rows.get(POD)).toEqual({
      kills: 6,
      groupKills: 1,
      ooms: 2,
      oomsHere: 2,
      limitKb: 32_768,
    });
    expect(found?.rows.get(CONTAINER)).toMatchObject({ kills: 6, oomsHere: 0, limitKb: undefined });
  });

  test('group kills are absent before Linux 5.17', () => {
    const old = { ...files, [`/cg${POD}/memory.events`]: events(2, 6) };
    expect(look(old)?.rows.get(POD)?.groupKills).toBeUndefined();
  });

  test('nothing, where the host’s kills are not counted', () => {
    expect(look({ ...files, '/proc/vmstat': 'nr_free_pages 1\n' })).toBeUndefined();
  });
});

test('on cgroup v1 there are each cgroup’s own kills, and no more', () => {
  const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n';
  const found = look({
    ...VMSTAT,
    '/cg/memory/memory.oom_control': control,
    [`/cg/memory${POD}/memory.oom_control`]: 'oom_kill_disable 0\n',
    [`/cg/memory${CONTAINER}/memory.oom_control`]: control,
    [`/cg/memory${CONTAINER}/inner/memory.oom_control`]: control,
  });
  expect([...(found?.rows ?? [])]).toEqual([
    [CONTAINER, { kills: 3 }],
    [`${CONTAINER}/inner`, { kills: 3 }],
  ]);
});
