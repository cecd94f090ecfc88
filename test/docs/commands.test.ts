import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOC_COMMANDS, type DocCommand, docCommand } from '../support/doc-commands.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const CALL = /docCommand\(\s*'(?<file>[^']+)',\s*(?<quote>['"`])(?<beginning>.+?)\k<quote>,?\s*\)/g;
/** What tests ask {@link docCommand} for, to run it. */
const RUN = new Set(
  globSync(['test/**/*.test.ts', 'test/node/**/*.ts'], { cwd: ROOT })
    .flatMap((file) => [...read(file).matchAll(CALL)])
    .map(({ groups }) => docCommand(groups?.['file'] ?? '', groups?.['beginning'] ?? '').command),
);
/** `make check test ARGS=x` there is each of them, without and with what is set. */
const IN_CI = new Set(
  [...read('.ci/run').matchAll(/^make (?<words>.+)/gm)].flatMap(({ groups }) => {
    const words = (groups?.['words'] ?? '').split(' ');
    const settings = words.filter((word) => word.includes('='));
    return words
      .filter((word) => !word.includes('='))
      .flatMap((target) => [`make ${target}`, ['make', target, ...settings].join(' ')]);
  }),
);

function isRun({ command }: DocCommand): boolean {
  return RUN.has(command) || IN_CI.has(command);
}

describe('each command of the docs', () => {
  test('is run by a test, or says that it is not', () => {
    expect(DOC_COMMANDS.length).toBeGreaterThan(50);
    const left = DOC_COMMANDS.filter((each) => !isRun(each) && !each.saysNotRun);
    expect(left.map(({ file, command }) => `${file}: ${command}`)).toEqual([]);
  });
});
