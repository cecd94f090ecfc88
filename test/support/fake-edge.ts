import { Readable } from 'node:stream';
import { runCli } from '../../src/cli.ts';
import type { Edge } from '../../src/edge.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** What a command said and how it ended. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly env?: Edge['env'];
  readonly stdin?: string | Readable;
  readonly signal?: AbortSignal;
  /** How wide stdout is, where it is a terminal. */
  readonly columns?: number;
}

/** 2026-11-22T12:00:00Z, and a monotonic clock that says the machine has run for an hour. */
const WALL_MS = Date.UTC(2026, 10, 22, 12);
const MONOTONIC_MS = 3_600_000;

type Program = (argv: readonly string[], edge: Edge) => Promise<number>;

/** Runs the command line as `main.ts` does, with the process around it made up. */
export async function runFake(
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<CliRun> {
  return runFakeProgram(runCli, args, surroundings);
}

/** The same of another program. */
export async function runFakeProgram(
  program: Program,
  args: readonly string[],
  { env = {}, stdin = '', signal = new AbortController().signal, columns }: Surroundings = {},
): Promise<CliRun> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await program(['node', 'program', ...args], {
    env,
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    print: (text) => stdout.push(text),

    flush: () => Promise.resolve(),
    printError: (text) => stderr.push(text),
    isTerminal: false,
    columns,
    clock: { ...SYSTEM_CLOCK, wallMs: () => WALL_MS, monotonicMs: () => MONOTONIC_MS },
    onExit: () => () => undefined,
    runtime: process,
    signal,
  });
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}
