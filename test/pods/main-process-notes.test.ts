import { describe, expect, test } from 'vitest';
import { MainProcessNotes } from '../../src/pods/main-process-notes.ts';
import { toPodEntry } from '../../src/pods/pod-entry.ts';
import type { PodEntry } from '../../src/pods/pod-directory.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';
import { podJson, running } from '../support/pod-json.ts';

const UID = '0d1e2f30-aaaa-4bbb-8ccc-112233445566';
const [OLD, NEW] = ['c'.repeat(64), 'd'.repeat(64)];
const POD = `/kubepods/burstable/pod${UID}`;

/** As 6.12 shows them: the runtime's pid first, the container's own last. */
const INIT = 'Name:\tsh\nNSpid:\t7\t1\n';
const NESTED_INIT = 'Name:\tsh\nNSpid:\t8\t7\t1\n';
const CHILD = 'Name:\tsh\nNSpid:\t8\t7\n';
const OF_THE_HOST = 'Name:\tsh\nNSpid:\t9\n';

function podRunning(id: string): PodEntry {
  const containers = [{ name: 'app', status: { ...running(id) } }];
  const pod = toPodEntry(podJson({ uid: UID, containers }));
  if (pod === undefined) throw new Error('no pod');
  return pod;
}

function notesOf(files: FakeFiles): MainProcessNotes {
  const { tree, proc } = fakeNode(Object.assign(files, { '/cg/cgroup.controllers': 'memory' }));
  return new MainProcessNotes(tree, proc);
}

const SHIM = 5;
const zeros = (count: number): string => Array.from({ length: count }, () => 0).join(' ');
const statOf = (parent: number): string => `7 (sh) S ${parent} 7 7 0 ${zeros(14)} 100 0\n`;
const STARTED_BY_SHIM = {
  '/proc/5/cgroup': '0::/system.slice/containerd.service\n',
  '/proc/7/stat': statOf(SHIM),
};

const files = (): FakeFiles => ({
  [`/cg${POD}/${OLD}/cgroup.procs`]: '7\n8\n',
  ...STARTED_BY_SHIM,
  '/proc/7/status': INIT,
  '/proc/7/cgroup': `0::${POD}/${OLD}\n`,
  '/proc/8/status': CHILD,
  '/proc/8/stat': statOf(7),
});

describe('the main process of a container that runs', () => {
  test('is noted, its children are not', () => {
    const notes = notesOf(files());
    notes.note(podRunning(OLD));
    expect(notes.cgroupOf(7, 'sh')).toBe(`${POD}/${OLD}`);
    expect(notes.cgroupOf(8, 'sh')).toBeUndefined();
  });

  test('is noted in a cgroup that it made itself', () => {
    const notes = notesOf({
      [`/cg${POD}/${OLD}/init.scope/cgroup.procs`]: '7\n',
      ...STARTED_BY_SHIM,
      '/proc/7/status': INIT,
    });
    notes.note(podRunning(OLD));
    expect(notes.cgroupOf(7, 'sh')).toBe(`${POD}/${OLD}/init.scope`);
  });

  test('is not known where it shares a pid namespace', () => {
    const notes = notesOf({ ...files(), '/proc/7/status': OF_THE_HOST });
    notes.note(podRunning(OLD));
    expect(notes.cgroupOf(7, 'sh')).toBeUndefined();
  });

  test('is looked up once, and still known when everything of it is gone', () => {
    const node = files();
    const notes = notesOf(node);
    const pod = podRunning(OLD);
    notes.note(pod);
    for (const path of Object.keys(node)) delete node[path];
    notes.note(pod);
    expect(notes.cgroupOf(7, 'sh')).toBe(`${POD}/${OLD}`);
  });

  test('of a pod that came later is found', () => {
    const node: FakeFiles = { '/cg/kubepods/burstable/pod1/x/cgroup.procs': '' };
    const notes = notesOf(node);
    notes.note(podRunning(OLD));
    Object.assign(node, files());
    notes.note(podRunning(OLD));
    expect(notes.cgroupOf(7, 'sh')).toBe(`${POD}/${OLD}`);
  });

  test('is noted anew after a restart', () => {
    const node = files();
    const notes = notesOf(node);
    notes.note(podRunning(OLD));
    node[`/cg${POD}/${NEW}/cgroup.procs`] = '17\n';
    node['/proc/17/status'] = 'NSpid:\t17\t1\n';
    node['/proc/17/stat'] = statOf(SHIM);
    notes.note(podRunning(NEW));
    expect(notes.cgroupOf(17, 'sh')).toBe(`${POD}/${NEW}`);
    expect(notes.cgroupOf(7, 'sh')).toBeUndefined();
  });

  test('is not one that the container made in a namespace of its own', () => {
    const notes = notesOf({ ...files(), '/proc/8/status': NESTED_INIT });
    notes.note(podRunning(OLD));
    expect(notes.cgroupOf(7, 'sh')).toBeDefined();
    expect(notes.cgroupOf(8, 'sh')).toBeUndefined();
  });

  test('is not a process of that pid with another name', () => {
    const notes = notesOf(files());
    notes.note(podRunning(OLD));
    expect(notes.cgroupOf(7, 'java')).toBeUndefined();
  });

  test('is remembered when it has ended, until the container ended once more', () => {
    const notes = notesOf(files());
    const pod = podRunning(OLD);
    const [app] = pod.containers;
    if (app === undefined) expect.unreachable();
    const after = (id: string): PodEntry => {
      const { runningSinceMs: _, ...ended } = app;
      const lastTermination = { containerId: id };
      return { ...pod, containers: [{ ...ended, ids: [NEW, OLD], lastTermination }] };
    };
    notes.note(pod);
    notes.note(after(OLD));
    expect(notes.cgroupOf(7, 'sh')).toBe(`${POD}/${OLD}`);
    notes.note(after(NEW));
    expect(notes.cgroupOf(7, 'sh')).toBeUndefined();
  });

  test('is whoever’s container had the pid last, also when the one before is forgotten later', () => {
    const OTHER = UID.replace('0d1e', 'ffff');
    const node = files();
    const notes = notesOf(node);
    const before = podRunning(OLD);
    notes.note(before);
    delete node[`/cg${POD}/${OLD}/cgroup.procs`];
    node[`/cg/kubepods/burstable/pod${OTHER}/${NEW}/cgroup.procs`] = '7\n';
    notes.note({ ...podRunning(NEW), uid: OTHER, cgroupUid: OTHER });
    notes.note({ ...before, deletedAtMs: 1 });
    expect(notes.cgroupOf(7, 'sh')).toBe(`/kubepods/burstable/pod${OTHER}/${NEW}`);
  });

  test('is not forgotten for a pod that claims the same cgroup: a forged mirror', () => {
    const notes = notesOf(files());
    notes.note(podRunning(OLD));
    notes.note({ ...podRunning(OLD), uid: 'forged', containers: [] });
    expect(notes.cgroupOf(7, 'sh')).toBe(`${POD}/${OLD}`);
  });

  test('is forgotten with its pod', () => {
    const notes = notesOf(files());
    const pod = podRunning(OLD);
    notes.note(pod);
    notes.note({ ...pod, deletedAtMs: 1 });
    expect(notes.cgroupOf(7, 'sh')).toBeUndefined();
  });
});
