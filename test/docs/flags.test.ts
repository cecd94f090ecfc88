import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli.ts';
import { runKubectlOom } from '../../src/kubectl-cli.ts';
import { runFakeProgram } from '../support/fake-edge.ts';

/** A flag as `--help` has it. */
interface Flag {
  readonly name: string;
  readonly values: readonly string[];
  readonly fallback: string | undefined;
}

const ENTRY = /^(?:-\w, )?(?<name>--[\w-]+)(?: (?:<[^>]+>|\[[^\]]+\]))? {2}(?<about>.+)$/;
const CHOICES = /choices: (?<choices>"[^)]*?")(?:,? default|,? env|\))/;
const DEFAULT = /default: "?(?<fallback>[\w/.:-]+)"?[,)]/;

function flagOf(entry: string): readonly Flag[] {
  const { name, about = '' } = ENTRY.exec(entry)?.groups ?? {};
  if (name === undefined || name === '--help' || name === '--version') return [];
  const { choices = '' } = CHOICES.exec(about)?.groups ?? {};
  const values = [...choices.matchAll(/"(?<value>[^"]+)"/g)].map(([, value = '']) => value);
  return [{ name, values, fallback: DEFAULT.exec(about)?.groups?.['fallback'] }];
}

async function flagsOf(command: string): Promise<readonly Flag[]> {
  const [program, ...words] = command.split(' ');
  const run = program === 'kubectl-oom' ? runKubectlOom : runCli;
  const { stdout } = await runFakeProgram(run, [...words, '--help']);
  const options = stdout.split('\nOptions:\n')[1]?.split(/\n\n/)[0] ?? '';
  const entries = `\n${options}`
    .split(/\n {2}(?=-)/)
    .map((entry) => entry.replaceAll(/\n +/g, ' '));
  return entries.flatMap(flagOf);
}

/** The rows of the first table about flags below a heading, by the flags in them. */
function rowsOf(file: string, heading: string): readonly string[] {
  const text = readFileSync(`docs/${file}`, 'utf8').split(`\n${heading}\n`)[1] ?? '';
  const [, table = ''] = text.split(/^\| flag \|.*\n\|[ |-]+\|\n/m);
  return (table.split('\n\n')[0] ?? '').split('\n').filter((row) => row !== '');
}

const FLAG = /(?<![\w-])--[a-z][\w-]*/g;

function namesIn(rows: readonly string[]): readonly string[] {
  return rows.flatMap((row) => row.split(/(?<!\\)\|/)[1]?.match(FLAG) ?? []);
}

const TABLES = [
  ['oom-recorder run', 'flags.md', '## `run`'],
  ['oom-recorder replay', 'replay.md', '## Flags'],
  ['oom-recorder explain', 'explain.md', '## Flags'],
  ['oom-recorder history', 'history.md', '## Flags'],
  ['oom-recorder history show', 'history.md', '## `history show`'],
  ['kubectl-oom', 'kubectl-oom.md', '## Flags'],
] as const;

test('every command has its flags in a table of the docs, but doctor, which takes those of run', async () => {
  const { stdout } = await runFakeProgram(runCli, ['--help']);
  const commands = [...stdout.matchAll(/^ {2}(\w+) \[options\]/gm)].map(
    ([, name]) => `oom-recorder ${name}`,
  );
  const tabled = new Set<string>(TABLES.map(([command]) => command));
  expect(commands.filter((command) => !tabled.has(command))).toEqual(['oom-recorder doctor']);
  const namesOf = async (command: string) => (await flagsOf(command)).map(({ name }) => name);
  expect(await namesOf('oom-recorder run')).toEqual(
    expect.arrayContaining(await namesOf('oom-recorder doctor')),
  );
});

describe.each(TABLES)('the flags of %s', (command, file, heading) => {
  const rows = rowsOf(file, heading);

  test(`are those in docs/${file}`, async () => {
    const flags = await flagsOf(command);
    expect(flags.length).toBeGreaterThan(2);
    expect(new Set(namesIn(rows))).toEqual(new Set(flags.map(({ name }) => name)));
  });

  test(`have the values and the defaults that docs/${file} says`, async () => {
    const wrong = (await flagsOf(command)).flatMap((flag) => problemsOf(flag, rows));
    expect(wrong).toEqual([]);
  });
});

/** Each value and nothing else that looks like one; a default in the place of its flag. */
function problemsOf({ name, values, fallback }: Flag, rows: readonly string[]): readonly string[] {
  const row = rows.find((each) => namesIn([each]).includes(name)) ?? '';
  const [, flags = '', ...about] = row.split(/(?<!\\)\|/);
  const quoted = about.flatMap((cell) => wordsIn(cell));
  const either = / (?<values>\w+(?:\\\|\w+)+)/.exec(flags)?.groups?.['values'] ?? '';
  const told = new Set([...quoted, ...either.split('\\|')]);
  const untold = values.filter((value) => !told.has(value));
  const invented = quoted.filter((word) => /^[a-z]+$/.test(word) && !values.includes(word));
  const place = namesIn([row]).indexOf(name);
  const isDefault = fallback === undefined || wordsIn(about[0] ?? '')[place] === fallback;
  return [
    ...untold.map((value) => `${name}: ${value} is not there`),
    ...(values.length > 0 ? invented.map((value) => `${name} takes no ${value}`) : []),
    ...(isDefault ? [] : [`${name} is ${fallback}`]),
  ];
}

function wordsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`(?<word>[^`]+)`/g)].map(([, word = '']) => word);
}
