import { appendFileSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { reportOf, type ToldKill } from './kernel-tells.ts';

/** What of a node is files here: its kernel log, the kernel's counter of kills, its wall clock. */
export class FakeNode {
  readonly kmsg: string;
  readonly procRoot: string;
  readonly cgroupRoot: string;
  readonly clockFile: string;
  readonly #clock: number;
  #aheadMs = 0;
  #highestMs = 0;
  #sequence = 0;
  #killed = 0;

  constructor(directory: string) {
    const path = (name: string): string => join(directory, name);
    [this.kmsg, this.clockFile] = [path('kmsg'), path('clock')];
    [this.procRoot, this.cgroupRoot] = [path('proc'), path('cgroup')];
    for (const made of [this.procRoot, this.cgroupRoot]) mkdirSync(made);
    writeFileSync(this.kmsg, '');
    this.#clock = openSync(this.clockFile, 'w');
    this.setClock(0);
    this.#count(0);
    this.#say(6, ['Linux version 6.12.0']);
  }

  /** By how many ms the wall clock is to be ahead. */
  setClock(aheadMs: number): void {
    this.#aheadMs = aheadMs;
    this.#highestMs = Math.max(this.#highestMs, aheadMs);
    writeSync(this.#clock, String(aheadMs).padEnd(32), 0);
  }

  /** A clock that was set back has come to where it was before. */
  setClockToHighest(): void {
    this.setClock(this.#highestMs);
  }

  /** The wall clock goes on, and nothing else does. */
  letTimePass(ms: number): void {
    this.setClock(this.#aheadMs + ms);
  }

  /** The kernel counts before it prints. */
  kill(kill: ToldKill): void {
    const { prefix, messages } = reportOf(kill);
    const lines = messages.filter((message) => message.includes('Killed process')).length;
    if (kill.how !== 'forged') this.#count(lines);
    this.#say(prefix, messages);
  }

  #say(prefix: number, messages: readonly string[]): void {
    const nowUs = Number(process.hrtime.bigint() / 1000n);
    const records = messages.map(
      (message, n) => `${prefix},${this.#sequence + n},${nowUs + n},-;${message}\n`,
    );
    this.#sequence += records.length;
    appendFileSync(this.kmsg, records.join(''));
  }

  /** Renamed into its place: nobody reads half of it. */
  #count(more: number): void {
    this.#killed += more;
    const vmstat = join(this.procRoot, 'vmstat');
    writeFileSync(`${vmstat}.new`, `nr_free_pages 1000\noom_kill ${this.#killed}\n`);
    renameSync(`${vmstat}.new`, vmstat);
  }
}
