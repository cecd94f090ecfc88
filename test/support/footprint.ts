import { readFileSync } from 'node:fs';

/** What a process has in memory, MiB. */
export interface Footprint {
  readonly residentMb: number;
  /** Of these what no other process can share, and no file can give again. */
  readonly anonymousMb: number;
}

/** What the agent may have: docs/scale.md. */
export const GOALS = {
  idle: { residentMb: 80, anonymousMb: 35 },
  afterStormMb: 100,
  aMinuteLaterMb: 85,
  more5000PodsMb: 20,
} as const;

/** @see proc_pid_status(5) */
export function footprintOf(pid: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(?<kb>\\d+) kB$`, 'm').exec(status)?.groups?.['kb']) / 1024;
  return { residentMb: read('VmRSS'), anonymousMb: read('RssAnon') };
}
