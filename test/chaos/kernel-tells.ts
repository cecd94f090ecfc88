import {
  groupLine,
  HEADER,
  killLine,
  oomKillLine,
  globalLine,
  taskLine,
  TABLE,
} from '../support/oom-lines.ts';
import type { KillKind } from './plan-kills.ts';

/** A kill as the kernel would tell it. */
export interface ToldKill {
  readonly how: KillKind;
  readonly pid: number;
  /** The victim's cgroup. */
  readonly cgroup: string;
}

/** `prefix` of a record: what the kernel says, and what a process does. */
const KERNEL = 6;
const USER = 12;

/** Processes of a group. */
export const GROUP_SIZE = 3;

/** The messages of its report, and who says them. */
export function reportOf({ how, pid, cgroup }: ToldKill): { prefix: number; messages: string[] } {
  const context = [HEADER, 'memory: usage 65536kB, limit 65536kB, failcnt 7', TABLE, taskLine(pid)];
  const told = [...context, oomKillLine(pid, cgroup), killLine(pid)];
  switch (how) {
    case 'withheld':
      return { prefix: KERNEL, messages: [killLine(pid)] };
    case 'system':
      return {
        prefix: KERNEL,
        messages: [...context, globalLine(pid, cgroup), killLine(pid, 'app', 'Out of memory')],
      };
    case 'group': {
      const members = Array.from({ length: GROUP_SIZE }, (_, n) => killLine(pid + n));
      return { prefix: KERNEL, messages: [...told, groupLine(cgroup), ...members] };
    }
    case 'forged':
      return { prefix: USER, messages: told };
    case 'told':
    case 'nested':
    case 'stranger':
      return { prefix: KERNEL, messages: told };
  }
}
