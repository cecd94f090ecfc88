import { Command, CommanderError, InvalidArgumentError } from 'commander';

export interface ChaosRun {
  readonly seed: number;
  readonly seconds: number;
}

/** What was asked for: runs, or what is to be said instead. */
export type Asked =
  | { readonly runs: readonly ChaosRun[] }
  | { readonly said: string; readonly isWrong: boolean };

interface Options {
  readonly seed?: number;
  readonly seeds?: readonly number[];
  readonly times?: number;
  readonly minutes: number;
}

const DEFAULT_MINUTES = 2;
const SECONDS_A_MINUTE = 60;
/** Of a seed that nobody chose; short enough to be typed. */
const MAX_SEED = 1_000_000;

/**
 * Reads the command line of `make chaos`.
 *
 * @param kept what is played where no seed is named, before a new one
 * @param random in [0, 1): for seeds that nobody chose
 */
export function readOptions(
  args: readonly string[],
  kept: readonly ChaosRun[],
  random: () => number,
): Asked {
  let said = '';
  const command = program((text) => (said += text));
  try {
    const options = command.parse(args, { from: 'user' }).opts<Options>();
    return { runs: runsOf(options, kept, random) };
  } catch (err) {
    if (!(err instanceof CommanderError)) throw err;
    return { said, isWrong: err.exitCode !== 0 };
  }
}

function program(say: (text: string) => void): Command {
  return new Command('make chaos')
    .usage("ARGS='[OPTION]...'")
    .description('Kills go on while the way to the API server and the agent itself are in trouble.')
    .option('--seed <n>', 'play this seed, and no other', parseWhole)
    .option('--seeds <from..to>', 'play each of these seeds', parseRange)
    .option('--times <n>', 'play so many new seeds, after those that are kept', parseWhole)
    .option('--minutes <n>', 'how long kills and troubles go on', parseMinutes, DEFAULT_MINUTES)
    .addHelpText('after', '\nWithout a seed: those that found something, then a new one.')
    .configureOutput({ writeOut: say, writeErr: say })
    .showHelpAfterError()
    .exitOverride();
}

function runsOf(options: Options, kept: readonly ChaosRun[], random: () => number) {
  const { seed, seeds, times = 1, minutes } = options;
  const seconds = minutes * SECONDS_A_MINUTE;
  const named = seed === undefined ? seeds : [seed];
  if (named !== undefined) return named.map((one) => ({ seed: one, seconds }));
  const found = Array.from({ length: times }, () => Math.floor(random() * MAX_SEED));
  return [...kept, ...found.map((one) => ({ seed: one, seconds }))];
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function parseRange(text: string): readonly number[] {
  const { from, to } = /^(?<from>\d{1,9})\.\.(?<to>\d{1,9})$/.exec(text)?.groups ?? {};
  const length = Number(to) - Number(from) + 1;
  if (!(length > 0)) throw new InvalidArgumentError('Write two numbers as 1..20.');
  return Array.from({ length }, (_, n) => Number(from) + n);
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!/^[\d.]+$/.test(text) || !(minutes > 0 && minutes <= 60)) {
    throw new InvalidArgumentError('It must be a number above 0, 60 at most.');
  }
  return minutes;
}
