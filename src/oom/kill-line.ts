import type { ByteString } from '../kmsg/record.ts';
import { decodeName } from './decode-name.ts';
import type { KilledProcess } from './episode.ts';

/** The process that will die, or whose child will in its stead. */
export interface KillAnnounced {
  readonly kind: 'kill-announced';
  readonly pid: number;
  readonly cause: KillCause;
}

/** `commBytes` is the name as printed: `process.comm` replaces what is not UTF-8. */
export interface KillLine {
  readonly kind: 'kill';
  readonly cause: KillCause;
  readonly commBytes: ByteString;
  readonly process: KilledProcess;
}

/** What was exhausted: in the kill line, or before 5.2 in the one that announces it. */
export type KillCause = 'memcg' | 'system' | 'unsaid';

/** The chosen process was dying by itself, and is not killed. */
export interface AlreadyExiting {
  readonly kind: 'already-exiting';
  readonly pid: number;
}

const WHAT_RAN_OUT = String.raw`(?:(?<cause>Memory cgroup out of memory|Out of memory)(?: \(\w+\))?: )?`;

/** `oom_kill_process()`, before 5.2: announces the process whose child may die in its stead. */
const OOM_KILL_PROCESS = new RegExp(
  String.raw`^${WHAT_RAN_OUT}Kill process (?<pid>\d+) \([^]*\) score \d+ or sacrifice child$`,
);

/**
 * `__oom_kill_process()`: the one line that is printed for every kill. The name ends at the last
 * `) total-vm:`; RHEL 6 and 7 put the UID before or after the name. What follows `total-vm` is read
 * field by field, so that a new field costs nothing.
 */
const OOM_KILL_TASK = new RegExp(
  String.raw`^${WHAT_RAN_OUT}Killed process (?<pid>\d+)(?:, UID (?<uidBefore>-?\d+),)? \((?<comm>[^]*)\)(?:, UID (?<uidAfter>-?\d+),)? total-vm:(?<totalVm>\d+)kB(?<fields>[^]*)$`,
);

/** `__oom_kill_process()`, when the chosen victim has no memory left to free. */
const ALREADY_EXITING = new RegExp(
  String.raw`^${WHAT_RAN_OUT}OOM victim (?<pid>\d+) \([^]*\) is already exiting\. Skip killing the task$`,
);

/** Reads a line that says what becomes of a process; `undefined` for any other. */
export function readKill(
  message: ByteString,
): KillLine | KillAnnounced | AlreadyExiting | undefined {
  const killed = OOM_KILL_TASK.exec(message)?.groups;
  if (killed !== undefined) {
    const { cause, comm: commBytes = '' } = killed;
    return { kind: 'kill', cause: causeOf(cause), commBytes, process: readProcess(killed) };
  }
  const announced = OOM_KILL_PROCESS.exec(message)?.groups;
  if (announced !== undefined) {
    const { pid, cause } = announced;
    return { kind: 'kill-announced', pid: Number(pid), cause: causeOf(cause) };
  }
  const exiting = ALREADY_EXITING.exec(message)?.groups;
  return exiting && { kind: 'already-exiting', pid: Number(exiting['pid']) };
}

function causeOf(prefix: string | undefined): KillCause {
  if (prefix === undefined) return 'unsaid';
  return prefix === 'Out of memory' ? 'system' : 'memcg';
}

type Groups = Readonly<Record<string, string | undefined>>;

function readProcess({
  pid,
  comm = '',
  uidBefore,
  uidAfter,
  totalVm,
  fields = '',
}: Groups): KilledProcess {
  const number = (pattern: RegExp): number | undefined => {
    const value = pattern.exec(fields)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const early = uidBefore ?? uidAfter;
  return {
    pid: Number(pid),
    comm: decodeName(comm),
    uid: early === undefined ? number(/\bUID:(-?\d+)/) : Number(early),
    totalVmKb: Number(totalVm),
    anonRssKb: number(/\banon-rss:(\d+)kB/),
    fileRssKb: number(/\bfile-rss:(\d+)kB/),
    shmemRssKb: number(/\bshmem-rss:(\d+)kB/),
    pgtablesKb: number(/\bpgtables:(\d+)kB/),
    oomScoreAdj: number(/\boom_score_adj:(-?\d+)/),
  };
}
