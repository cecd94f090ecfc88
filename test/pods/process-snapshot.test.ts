import { beforeEach, describe, expect, test } from 'vitest';
import { ProcessSnapshot } from '../../src/pods/process-snapshot.ts';
import { type FakeFiles, fakeNode } from '../support/fake-files.ts';

const POD = '/kubepods/burstable/pod0d1e2f30-aaaa-4bbb-8ccc-112233445566';
const CONTAINER = `${POD}/${'c'.repeat(64)}`;
const NESTED = `${CONTAINER}/init.scope`;
const OTHER = `${POD}/${'d'.repeat(64)}`;

/** A node whose processes come and go, and on which a look takes `lookMs`. */
class Node {
  nowMs = 10_000;
  lookMs = 36;
  looks = 0;
  #files: FakeFiles = {};
  readonly snapshot: ProcessSnapshot;

  constructor() {
    const { tree, proc } = fakeNode(this.#files);
    const pods = (): readonly string[] => {
      this.looks += 1;
      this.nowMs += this.lookMs;
      return tree.pods();
    };
    const slow = {
      pods,
      within: (pod: string) => tree.within(pod),
      pids: (cgroup: string) => tree.pids(cgroup),
    };
    this.snapshot = new ProcessSnapshot(slow, proc, () => this.nowMs);
  }

  /** These processes, and no others: `[pid, name, cgroup]`. */
  runs(...processes: readonly (readonly [number, string, string])[]): void {
    for (const path of Object.keys(this.#files)) delete this.#files[path];
    this.#files['/cg/memory/memory.oom_control'] = 'x';
    for (const [pid, comm, cgroup] of processes) {
      const procs = `/cg/memory${cgroup}/cgroup.procs`;
      this.#files[procs] = `${this.#files[procs] ?? ''}${pid}\n`;
      this.started(pid, 0, comm);
    }
  }

  /** As `/proc` says it now: a process started so long ago. */
  started(pid: number, agoMs: number, comm = 'app'): void {
    const fields = ['S', ...Array.from({ length: 18 }, () => 0), (60_000 - agoMs) / 10];
    this.#files[`/proc/${pid}/stat`] = `${pid} (${comm}) ${fields.join(' ')} 1 2\n`;
    this.#files['/proc/uptime'] = '60.00 1.00\n';
  }

  /** Looks at last `afterMs` later; returns when it was done. */
  look(afterMs = 500): number {
    this.nowMs += afterMs;
    this.snapshot.take();
    return this.nowMs;
  }
}

let node: Node;

beforeEach(() => {
  node = new Node();
});

describe('the cgroup of a process that is gone', () => {
  test('is known by its pid and name', () => {
    node.runs([7, 'app', CONTAINER], [8, 'child', CONTAINER], [9, 'init', NESTED]);
    const lookedMs = node.look();
    node.runs();
    expect(node.snapshot.cgroupOf(8, 'child', lookedMs)).toBe(CONTAINER);
    expect(node.snapshot.cgroupOf(9, 'init', lookedMs + 5000)).toBe(NESTED);
    expect(node.snapshot.cgroupOf(7, 'other', lookedMs)).toBeUndefined();
    expect(node.snapshot.cgroupOf(6, 'app', lookedMs)).toBeUndefined();
  });

  test('is unknown where the kill may have been before the look: another may have had the pid', () => {
    node.runs([7, 'app', CONTAINER]);
    const lookedMs = node.look();
    expect(node.snapshot.cgroupOf(7, 'app', lookedMs - 1)).toBeUndefined();
    expect(node.snapshot.cgroupOf(7, 'app', undefined)).toBeUndefined();
  });

  test('is known, where the kill may have been before the look, of who had started before that', () => {
    node.lookMs = 0;
    node.runs([7, 'app', CONTAINER]);
    node.started(7, 3000);
    const lookedMs = node.look();
    expect(node.snapshot.cgroupOf(7, 'app', lookedMs - 2990)).toBe(CONTAINER);
    expect(node.snapshot.cgroupOf(7, 'app', lookedMs - 2991)).toBeUndefined();
  });

  test('is unknown of a kill so long after that the pid may have been given again', () => {
    node.runs([7, 'app', CONTAINER]);
    const lookedMs = node.look();
    expect(node.snapshot.cgroupOf(7, 'app', lookedMs + 10_000)).toBe(CONTAINER);
    expect(node.snapshot.cgroupOf(7, 'app', lookedMs + 10_001)).toBeUndefined();
  });

  test('is unknown once the snapshot was dropped', () => {
    node.runs([7, 'app', CONTAINER]);
    const lookedMs = node.look();
    node.snapshot.drop();
    expect(node.snapshot.cgroupOf(7, 'app', lookedMs)).toBeUndefined();
  });
});

describe('another look', () => {
  test('keeps those who died since the last, whose kill lines are still unread', () => {
    node.runs([7, 'app', CONTAINER], [8, 'app', OTHER]);
    const firstMs = node.look();
    node.runs([8, 'app', OTHER]);
    node.look();
    expect(node.snapshot.cgroupOf(7, 'app', firstMs)).toBe(CONTAINER);
  });

  test('leaves those who still live known since they started', () => {
    node.runs([7, 'app', CONTAINER]);
    const firstMs = node.look();
    node.started(7, 1000);
    node.look();
    expect(node.snapshot.cgroupOf(7, 'app', firstMs)).toBe(CONTAINER);
  });

  test('knows the next owner of a pid by its own start, though it has the name and the cgroup of the last', () => {
    node.runs([7, 'app', CONTAINER]);
    const firstMs = node.look();
    node.look(3_600_000);
    expect(node.snapshot.cgroupOf(7, 'app', firstMs)).toBeUndefined();
  });

  test.each<readonly [string, string, string]>([
    ['in another cgroup', 'app', OTHER],
    ['of another name', 'other', CONTAINER],
  ])('knows the next owner of a pid, %s, no longer than it saw it', (_, comm, cgroup) => {
    node.runs([7, 'app', CONTAINER]);
    const firstMs = node.look();
    node.runs([7, comm, cgroup]);
    const secondMs = node.look();
    expect(node.snapshot.cgroupOf(7, comm, firstMs)).toBeUndefined();
    expect(node.snapshot.cgroupOf(7, comm, secondMs)).toBe(cgroup);
    expect(node.snapshot.cgroupOf(7, 'app', firstMs)).toBeUndefined();
  });

  test('lets go of who has not been seen for long', () => {
    node.runs([7, 'app', CONTAINER]);
    const firstMs = node.look();
    node.runs();
    node.look(9000);
    expect(node.snapshot.cgroupOf(7, 'app', firstMs)).toBe(CONTAINER);
    node.look(1000);
    expect(node.snapshot.cgroupOf(7, 'app', firstMs)).toBeUndefined();
  });
});

describe('the next look', () => {
  test.each<readonly [string, number, number]>([
    ['a tenth of a second after the last', 5, 100],
    ['ten times as long after it as it took, where that is longer', 700, 7000],
  ])('is not before %s', (_, lookMs, restMs) => {
    node.lookMs = lookMs;
    node.look();
    node.look(restMs - 1);
    expect(node.looks).toBe(1);
    node.look(1);
    expect(node.looks).toBe(2);
  });

  test('is not sooner because the snapshot was dropped', () => {
    node.look();
    node.snapshot.drop();
    node.look(99);
    expect(node.looks).toBe(1);
  });
});
