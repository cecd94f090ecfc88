import { describe, expect, test } from 'vitest';
import type { CgroupEvents } from '../../src/oom/cgroup-events.ts';
import type { Moves } from '../../src/oom/marked-places.ts';
import { proveMarks } from '../../src/oom/prove-marks.ts';
import type { SeenMark } from '../../src/oom/seen-mark.ts';
import { aMark, CONTAINER, CONTAINER_B, OTHER_POD, POD } from '../support/marks.ts';

const UNIT = '/system.slice/foo.service';

/** Of a v2 node with the two pods; what is not told stood still. */
function moves(moved: Record<string, Partial<CgroupEvents>>, kills?: number): Moves {
  const still = ['/kubepods.slice', '/system.slice', POD, CONTAINER, CONTAINER_B, OTHER_POD];
  const all = [...new Set([...still, ...Object.keys(moved)])];
  const cgroups = all.map((path) => [path, { kills: 0, groupKills: 0, ...moved[path] }] as const);
  const inPods = (moved[POD]?.kills ?? 0) + (moved[OTHER_POD]?.kills ?? 0);
  return {
    isHierarchical: true,
    kills: kills ?? inPods,
    cgroups: new Map(cgroups),
    isThere: () => true,
  };
}

function pidsOf(marks: readonly SeenMark[], moved: Moves): readonly (readonly number[])[] {
  return proveMarks(marks, moved).kills.map((kill) => kill.marks.map(({ victim }) => victim.pid));
}

describe('a mark', () => {
  test('is a kill where its container counted one', () => {
    const proof = proveMarks(
      [aMark(7, CONTAINER)],
      moves({ [POD]: { kills: 1 }, [CONTAINER]: { kills: 1 } }),
    );
    expect(proof).toMatchObject({
      kills: [{ isSure: true, kills: 1, evidence: { cgroup: CONTAINER, source: 'proc' } }],
      noKill: 0,
      missing: 0,
    });
  });

  test('of a container that is gone is one where its pod counted it', () => {
    const gone = `${POD}/cri-containerd-${'c'.repeat(64)}.scope`;
    expect(pidsOf([aMark(7, gone)], moves({ [POD]: { kills: 1 } }))).toEqual([[7]]);
  });

  test.each([
    ['where nothing was counted', moves({}), 0],
    [
      'where its container’s counter stood still, and its pod’s moved',
      moves({ [POD]: { kills: 1 } }),
      1,
    ],
    ['where another pod’s counter moved', moves({ [OTHER_POD]: { kills: 1 } }), 1],
    ['where the host’s alone moved', moves({}, 1), 1],
  ])('is none %s: the task was exiting by itself', (_, moved, missing) => {
    expect(proveMarks([aMark(7, CONTAINER)], moved)).toEqual({ kills: [], noKill: 1, missing });
  });

  test('of a unit of the host is one where kills are left for it', () => {
    const proof = proveMarks([aMark(7, UNIT)], moves({ '/system.slice': { kills: 1 } }, 1));
    expect(proof.kills).toMatchObject([{ evidence: { cgroup: UNIT }, isSure: true }]);
  });

  test('that told nothing is where a counter moved that no other mark explains', () => {
    const { kills } = proveMarks(
      [aMark(7, CONTAINER), aMark(8)],
      moves({ [POD]: { kills: 1 }, [CONTAINER]: { kills: 1 }, [OTHER_POD]: { kills: 1 } }),
    );
    expect(kills.map(({ evidence }) => evidence)).toMatchObject([
      { cgroup: CONTAINER, source: 'proc' },
      { cgroup: OTHER_POD, source: 'pod-counter' },
    ]);
    expect(kills[1]?.evidence?.isOneOfSeveral).toBeUndefined();
  });

  test('is in one of several places, where several told nothing', () => {
    const both = moves({
      [POD]: { kills: 1 },
      [CONTAINER]: { kills: 1 },
      [OTHER_POD]: { kills: 1 },
    });
    const { kills } = proveMarks([aMark(7), aMark(8)], both);
    expect(kills.map(({ evidence }) => evidence)).toMatchObject([
      { cgroup: CONTAINER, isOneOfSeveral: true },
      { cgroup: OTHER_POD, isOneOfSeveral: true },
    ]);
  });

  test('that told nothing is a kill of nobody known, where no pod’s counter moved', () => {
    expect(proveMarks([aMark(7)], moves({}, 1)).kills).toMatchObject([
      { isSure: true, evidence: undefined },
    ]);
  });

  test('is one of several, where more were marked than killed', () => {
    const counted = moves({ [POD]: { kills: 1 }, [CONTAINER]: { kills: 1 } });
    const { kills, noKill } = proveMarks([aMark(7, CONTAINER), aMark(8, CONTAINER)], counted);
    expect(kills).toMatchObject([{ isSure: false, evidence: { isOneOfSeveral: true } }]);
    expect(noKill).toBe(1);
  });

  test('that is unsure and of nobody known is not told', () => {
    expect(proveMarks([aMark(7), aMark(8)], moves({}, 1))).toMatchObject({ kills: [], missing: 1 });
  });

  test('that was lost leaves its kill unexplained', () => {
    const counted = moves({ [POD]: { kills: 2 }, [CONTAINER]: { kills: 2 } });
    expect(proveMarks([aMark(7, CONTAINER)], counted)).toMatchObject({
      kills: [{ isSure: true }],
      missing: 1,
    });
  });
});

describe('a group', () => {
  const four = [7, 8, 9, 10].map((pid) => aMark(pid, CONTAINER));
  const group = { kills: 5, groupKills: 1 };
  const counted = moves({ [POD]: group, [CONTAINER]: group });

  test('is one kill, whose first victim was counted twice', () => {
    const { kills, missing } = proveMarks(four, counted);
    expect(kills).toMatchObject([{ group: CONTAINER, kills: 5, isSure: true }]);
    expect(kills[0]?.marks).toHaveLength(4);
    expect(missing).toBe(0);
  });

  test('is one where its container is gone, and the pod alone counted it', () => {
    const gone = { ...moves({ [POD]: group }), isThere: (path: string) => path !== CONTAINER };
    expect(proveMarks(four, gone).kills).toMatchObject([{ group: CONTAINER, kills: 5 }]);
  });

  test('of one process is no more than one', () => {
    const alone = { kills: 2, groupKills: 1 };
    expect(pidsOf([aMark(7, CONTAINER)], moves({ [POD]: alone, [CONTAINER]: alone }))).toEqual([
      [7],
    ]);
  });

  test('whose first victim was gone too soon to be counted twice names nobody', () => {
    const early = { kills: 4, groupKills: 1 };
    const { kills } = proveMarks(four, moves({ [POD]: early, [CONTAINER]: early }));
    expect(kills).toMatchObject([{ isSure: false, evidence: { isOneOfSeveral: true } }]);
  });

  test('is one where nobody’s process was still there', () => {
    const told = [7, 8, 9, 10].map((pid) => aMark(pid));
    const { kills } = proveMarks(told, moves({ [POD]: group }));
    expect(kills).toMatchObject([{ evidence: { cgroup: POD, source: 'pod-counter' } }]);
    expect(kills[0]?.marks).toHaveLength(4);
  });

  test('before Linux 5.17 is seen by its count alone: one more than marks', () => {
    const before = { kills: 5, groupKills: undefined };
    const old = {
      [POD]: before,
      [CONTAINER]: before,
      '/kubepods.slice': { groupKills: undefined },
    };
    expect(proveMarks(four, moves(old)).kills).toMatchObject([{ isSure: true, kills: 5 }]);
    const single = { kills: 4, groupKills: undefined };
    expect(pidsOf(four, moves({ ...old, [POD]: single, [CONTAINER]: single }))).toHaveLength(4);
  });

  test('in two containers at once is two kills of one pod, told one by one', () => {
    const marks = [aMark(7, CONTAINER), aMark(8, CONTAINER_B)];
    const two = { kills: 4, groupKills: 2 };
    const each = { kills: 2, groupKills: 1 };
    const both = moves({ [POD]: two, [CONTAINER]: each, [CONTAINER_B]: each });
    expect(pidsOf(marks, both)).toEqual([[7], [8]]);
  });

  test('of a unit of the host is one as well', () => {
    const marks = [aMark(7, UNIT), aMark(8, UNIT)];
    const counted = moves({ '/system.slice': { kills: 3, groupKills: 1 } }, 3);
    expect(proveMarks(marks, counted).kills).toMatchObject([{ group: UNIT, kills: 3 }]);
  });
});

describe('on cgroup v1', () => {
  const v1 = (
    moved: Record<string, number>,
    kills: number,
    gone: readonly string[] = [],
  ): Moves => ({
    isHierarchical: false,
    kills,
    cgroups: new Map(
      [POD, CONTAINER, OTHER_POD].map((path) => [path, { kills: moved[path] ?? 0 }] as const),
    ),
    isThere: (path) => !gone.includes(path),
  });

  test('a container’s own counter proves its marks', () => {
    expect(pidsOf([aMark(7, CONTAINER)], v1({ [CONTAINER]: 1 }, 1))).toEqual([[7]]);
    expect(pidsOf([aMark(7, CONTAINER)], v1({}, 0))).toEqual([]);
  });

  test('the host’s counter proves it where the container is gone', () => {
    expect(pidsOf([aMark(7, CONTAINER)], v1({}, 1, [CONTAINER]))).toEqual([[7]]);
  });
});
