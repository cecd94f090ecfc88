import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseCgroupPath } from '../oom/cgroup-path.ts';
import { type ProcFiles, statFields } from '../pods/proc-files.ts';

export interface Process {
  readonly pid: number;
  /** What it is called, by itself and by who started it: its comm and the first two of its arguments, without directories. */
  readonly names: readonly string[];
  readonly args: readonly string[];
  /** It has memory of its own: no kernel thread, no zombie. Only such are in a task table. */
  readonly hasMemory: boolean;
}

/** proc_pid_stat(5): the fields begin with the third. */
const VSIZE = 23 - 3;
/** 1 ms of reading; a kill line may come meanwhile. */
const PROCESSES_PER_TURN = 32;

/** The processes in `/proc`, looked at once. */
export class ProcessList {
  readonly #proc: ProcFiles;
  readonly #pids: () => readonly number[];
  #all: Promise<readonly Process[]> | undefined;

  constructor(proc: ProcFiles, pids: () => readonly number[]) {
    this.#proc = proc;
    this.#pids = pids;
  }

  /** Whether they are the host's, and not a container's alone. */
  get isHost(): boolean {
    return this.#proc.isHost;
  }

  /** The process that asks; absent where this `/proc` does not show it. */
  get self(): number | undefined {
    return this.#proc.self;
  }

  all(): Promise<readonly Process[]> {
    this.#all ??= this.#readAll();
    return this.#all;
  }

  /** Whether it runs in the very container we run in, as an agent does into which somebody has `exec`ed. */
  isOfOurContainer(pid: number): boolean {
    const { self } = this;
    const [ours, its] = [self, pid].map((each) => each && this.#proc.cgroupOf(each));
    return ours === its && parseCgroupPath(ours || '')?.containerId !== undefined;
  }

  async #readAll(): Promise<readonly Process[]> {
    const found: Process[] = [];
    for (const [at, pid] of this.#pids().entries()) {
      if (at % PROCESSES_PER_TURN === 0) await setImmediate();
      const process = this.#read(pid);
      if (process !== undefined) found.push(process);
    }
    return found;
  }

  #read(pid: number): Process | undefined {
    const stat = this.#proc.text(`${pid}/stat`);
    const size = statFields(stat)?.[VSIZE];
    if (stat === undefined || size === undefined) return undefined;
    const args = (this.#proc.text(`${pid}/cmdline`) ?? '').split('\0');
    const comm = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const names = [comm, ...args.slice(0, 2).map((arg) => basename(arg))];
    return { pid, names, args, hasMemory: Number(size) > 0 };
  }
}
