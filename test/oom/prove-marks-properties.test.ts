import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Moves } from '../../src/oom/marked-places.ts';
import { type Proof, proveMarks } from '../../src/oom/prove-marks.ts';
import type { SeenMark } from '../../src/oom/seen-mark.ts';
import { aMark } from '../support/marks.ts';

const TOP = '/kubepods.slice';
const UNIT = '/system.slice/foo.service';
const podOf = (pod: number) => `${TOP}/kubepods-podaaaaaaaa_bbbb_cccc_dddd_00000000000${pod}.slice`;
const containerOf = (pod: number, at: number) =>
  `${podOf(pod)}/cri-containerd-${String(at).repeat(64)}.scope`;
const PODS = [1, 2, 3];
const CONTAINERS = PODS.flatMap((pod) => [containerOf(pod, 1), containerOf(pod, 2)]);
const KERNELS_CGROUPS = [TOP, '/system.slice', UNIT, ...PODS.map(podOf), ...CONTAINERS];

/** One decision of the kernel: so many processes of a cgroup, as a group or one alone, or one that was exiting. */
interface Decision {
  readonly cgroup: string;
  readonly group: number;
  readonly isExit: boolean;
  /** Of each process, whether it was still there to be looked at. */
  readonly seen: readonly boolean[];
}

const decision = fc.record({
  cgroup: fc.constantFrom(...CONTAINERS, UNIT),
  group: fc.constantFrom(0, 0, 1, 3),
  isExit: fc.boolean(),
  seen: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
});

interface Told {
  readonly proof: Proof;
  /** The cgroup of every process that was killed, by pid. */
  readonly killed: ReadonlyMap<number, string>;
  readonly marks: readonly SeenMark[];
}

/** What the kernel counts and marks, as `__oom_kill_process()` does it; and what is proved of it. */
function play(decisions: readonly Decision[]): Told {
  const counted = new Map<string, { readonly kills: number; readonly groupKills: number }>(
    KERNELS_CGROUPS.map((path) => [path, { kills: 0, groupKills: 0 }]),
  );
  const killed = new Map<number, string>();
  const marks: SeenMark[] = [];
  let kills = 0;
  const add = (cgroup: string, by: { readonly kills: number; readonly groupKills: number }) => {
    for (const [path, events] of counted) {
      if (cgroup !== path && !cgroup.startsWith(`${path}/`)) continue;
      const { kills: before, groupKills } = events;
      counted.set(path, { kills: before + by.kills, groupKills: groupKills + by.groupKills });
    }
    kills += by.kills;
  };
  for (const { cgroup, group, isExit, seen } of decisions) {
    for (let at = 0; at < Math.max(1, isExit ? 1 : group); at += 1) {
      const pid = marks.length + 1;
      marks.push(aMark(pid, seen[at] === true ? cgroup : undefined));
      if (isExit) continue;
      killed.set(pid, cgroup);
      add(cgroup, { kills: 1, groupKills: 0 });
    }
    if (!isExit && group > 0) add(cgroup, { kills: 1, groupKills: 1 });
  }
  const told = [...counted].filter(([path]) => path !== UNIT);
  const moves: Moves = { isHierarchical: true, kills, cgroups: new Map(told), isThere: () => true };
  return { proof: proveMarks(marks, moves), killed, marks };
}

const processes = ({ kills }: Proof) => kills.flatMap((kill) => kill.marks);

describe('whatever the kernel does', () => {
  test('without exits and with processes that were seen, every kill is told, and where it was', () => {
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 12 }), (decisions) => {
        const all = decisions.map((each) => ({
          ...each,
          isExit: false,
          seen: [true, true, true],
        }));
        const { proof, killed } = play(all);
        expect(proof).toMatchObject({ noKill: 0, missing: 0 });
        expect(processes(proof)).toHaveLength(killed.size);
        for (const { marks, evidence, isSure } of proof.kills) {
          expect(isSure).toBe(true);
          expect(evidence?.cgroup).toBe(killed.get(marks[0].victim.pid));
        }
      }),
    );
  });

  test('no cgroup is blamed in which nobody was killed, and no process twice', () => {
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 12 }), (decisions) => {
        const { proof, killed } = play(decisions);
        const where = [...killed.values()];
        const pids = processes(proof).map(({ victim }) => victim.pid);
        expect(new Set(pids).size).toBe(pids.length);
        for (const { evidence } of proof.kills) {
          const blamed = evidence?.cgroup;
          if (blamed === undefined) continue;
          expect(where.some((each) => each === blamed || each.startsWith(`${blamed}/`))).toBe(true);
        }
      }),
    );
  });

  test('where all were seen, who is surely killed was', () => {
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 12 }), (decisions) => {
        const all = decisions.map((each) => ({ ...each, seen: [true, true, true] }));
        const { proof, killed } = play(all);
        for (const { marks, isSure } of proof.kills) {
          if (!isSure) continue;
          for (const { victim } of marks) expect(killed.has(victim.pid)).toBe(true);
        }
        const sure = proof.kills.filter(({ isSure }) => isSure).length;
        if (decisions.every(({ isExit }) => isExit)) expect(sure).toBe(0);
      }),
    );
  });
});
