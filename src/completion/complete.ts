import type { Argument, Command, Option } from 'commander';

/** The first word of an invocation that asks for completions: the scripts' and kubectl's, not people's. */
export const COMPLETE = '__complete';

/** What may stand in a place. */
interface Candidate {
  readonly value: string;
  readonly description: string;
}

interface Completions {
  readonly candidates: readonly Candidate[];
  /** Whether a file's name may stand there as well. */
  readonly orFiles: boolean;
}

/** cobra's ShellCompDirectiveDefault and ShellCompDirectiveNoFileComp. */
const [FILES, NO_FILES] = [0, 4];

/** How values are called that are files. */
const FILE_NAMES = /path|file|directory/;

/**
 * What may come next, in the form of cobra's `__complete`, which kubectl reads: a line for each candidate, its
 * description behind a tab, last a directive. It follows from commander's own definition of the program.
 *
 * @param words what was typed behind the program's name; the last one is to be completed, and may be empty
 * @see k8s.io/kubectl pkg/cmd/plugin/plugin_completion.go
 */
export function complete(program: Command, words: readonly string[]): string {
  const current = words.at(-1) ?? '';
  const { candidates, orFiles } = completionsOf(program, words.slice(0, -1), current);
  const lines = candidates
    .filter(({ value }) => value.startsWith(current))
    .map(({ value, description }) => `${value}\t${description}`);
  return [...lines, `:${orFiles ? FILES : NO_FILES}`, ''].join('\n');
}

/** Where the last word stands. */
interface Place {
  readonly command: Command;
  /** The option whose value it is. */
  readonly option?: Option | undefined;
  /** How many operands stand before it. */
  readonly operands: number;
  /** Behind `--` no option comes. */
  readonly isPlain: boolean;
}

function completionsOf(program: Command, before: readonly string[], current: string): Completions {
  const start: Place = { command: program, operands: 0, isPlain: false };
  const { command, option, operands, isPlain } = before.reduce(step, start);
  if (option !== undefined) return valuesOf(option, '');
  const [name = '', value] = current.split('=', 2);
  if (!isPlain && current.startsWith('-')) {
    const named = value === undefined ? undefined : findOption(command, name);
    return named === undefined ? optionsOf(command) : valuesOf(named, `${name}=`);
  }
  return operandsOf(command, operands);
}

function step(place: Place, word: string): Place {
  const { command, option, operands, isPlain } = place;
  if (option !== undefined) return { ...place, option: undefined };
  if (isPlain) return { ...place, operands: operands + 1 };
  if (word === '--') return { ...place, isPlain: true };
  if (word.startsWith('-')) {
    const found = findOption(command, word);
    return found?.required === true ? { ...place, option: found } : place;
  }
  const next = command.commands.find((each) => each.name() === word);
  if (next === undefined || operands > 0) return { ...place, operands: operands + 1 };
  return { command: next, operands: 0, isPlain };
}

function findOption({ options }: Command, flag: string): Option | undefined {
  return options.find(({ short, long }) => flag === short || flag === long);
}

function optionsOf(command: Command): Completions {
  const candidates = command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return { candidates, orFiles: false };
}

function operandsOf(command: Command, operands: number): Completions {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[operands] ?? (last?.variadic === true ? last : undefined);
  const commands = operands === 0 ? command.createHelp().visibleCommands(command) : [];
  const names = commands.map((next) => ({ value: next.name(), description: next.description() }));
  const values = argument === undefined ? [] : choicesOf(argument);
  return { candidates: [...names, ...values], orFiles: isFile(argument?.name()) };
}

function valuesOf(option: Option, before: string): Completions {
  const name = /[<[](?<name>.+)[\]>]/.exec(option.flags)?.groups?.['name'];
  return { candidates: choicesOf(option, before), orFiles: isFile(name) };
}

function choicesOf({ argChoices = [] }: Argument | Option, before = ''): readonly Candidate[] {
  return argChoices.map((value) => ({ value: before + value, description: '' }));
}

function isFile(name: string | undefined): boolean {
  return name !== undefined && FILE_NAMES.test(name);
}
