import * as fc from 'fast-check';
import type { Said } from './kernel-says.ts';
import {
  CONTAINER,
  exitingLine,
  groupLine,
  HEADER,
  killLine,
  oomKillLine,
  reapedLine,
  TABLE,
  taskLine,
} from './oom-lines.ts';

/** One OOM decision of a container of its own, and what is unusual about it. */
export interface SimulatedOom {
  /** ms after the one before. */
  readonly afterMs: number;
  /** Processes of the container. */
  readonly processes: number;
  /** `memory.oom.group`; else one process is killed. */
  readonly isGroup: boolean;
  /** The chosen process is exiting by itself, and so is every so-manieth member. */
  readonly isVictimExiting: boolean;
  readonly exitingMember?: number;
  /** A task of another CPU reports between two lines. */
  readonly reaperAt?: number;
  readonly isSeenAlive: boolean;
}

/** Who was killed, where, and how much the kernel told. */
export interface SimulatedDeath {
  readonly pids: readonly number[];
  readonly cgroup: string | undefined;
  readonly isSuppressed: boolean;
}

/** `oom_rs` in oom_kill_process(): ten contexts, and none until five seconds after the first. */
const BURST = 10;
const INTERVAL_MS = 5001;
const FIRST_PID = 100;

/** Reports as mm/oom_kill.c prints them, one after the other under `oom_lock`, with its rate limit. */
export function simulateKernel(ooms: readonly SimulatedOom[]) {
  const lines: Said[] = [];
  const deaths: SimulatedDeath[] = [];
  let [nowMs, beganMs, printed, pid] = [0, -Infinity, 0, FIRST_PID];
  for (const [at, oom] of ooms.entries()) {
    nowMs += oom.afterMs;
    if (nowMs > beganMs + INTERVAL_MS) [beganMs, printed] = [nowMs, 0];
    const hasContext = printed < BURST;
    if (hasContext) printed += 1;
    const cgroup = CONTAINER.replace('000001', String(100_000 + at));
    const pids = Array.from({ length: oom.processes }, () => (pid += 1));
    const said = reportOf(oom, pids, cgroup, hasContext);
    lines.push(
      ...said.lines.map((line, n) => ({ ...line, afterMs: n === 0 ? oom.afterMs : LINE_MS })),
    );
    nowMs += said.lines.length * LINE_MS;
    if (said.pids.length > 0) {
      const isTold = hasContext || oom.isGroup;
      const place = isTold ? cgroup : undefined;
      deaths.push({ pids: said.pids, cgroup: place, isSuppressed: !hasContext });
    }
  }
  return { lines, deaths };
}

const LINE_MS = 0.4;

function reportOf(oom: SimulatedOom, pids: readonly number[], cgroup: string, hasContext: boolean) {
  const [victim = 0] = pids;
  const lines: Exclude<Said, string>[] = [];
  const say = (message: string, more: object = {}): void => {
    if (lines.length === oom.reaperAt) lines.push({ message: reapedLine(1) });
    lines.push({ message, ...more });
  };
  const killed = new Set<number>();
  const kill = (pid: number): void => {
    say(killLine(pid), oom.isSeenAlive ? { seenIn: cgroup } : {});
    killed.add(pid);
  };
  if (hasContext) {
    for (const message of [HEADER, TABLE, ...pids.map((pid) => taskLine(pid))]) say(message);
    say(oomKillLine(victim, cgroup));
  }
  if (oom.isVictimExiting) say(exitingLine(victim));
  else kill(victim);
  if (oom.isGroup) say(groupLine(cgroup));
  for (const [at, pid] of oom.isGroup ? pids.entries() : []) {
    const isExiting = pid === victim ? oom.isVictimExiting : at === oom.exitingMember;
    if (isExiting) say(exitingLine(pid));
    else kill(pid);
  }
  return { lines, pids: [...killed] };
}

/** OOMs of containers, back to back or in peace. */
export const simulatedOoms: fc.Arbitrary<SimulatedOom[]> = fc.array(
  fc.record(
    {
      afterMs: fc.constantFrom(0.5, 5, 30, 100, 700, 3000, 60_000),
      processes: fc.integer({ min: 1, max: 4 }),
      isGroup: fc.constant(true),
      isVictimExiting: fc.constantFrom(false, false, false, true),
      exitingMember: fc.integer({ min: 1, max: 3 }),
      reaperAt: fc.integer({ min: 0, max: 8 }),
      isSeenAlive: fc.boolean(),
    },
    { requiredKeys: ['afterMs', 'processes', 'isGroup', 'isVictimExiting', 'isSeenAlive'] },
  ),
  { minLength: 1, maxLength: 24, size: 'max' },
);
