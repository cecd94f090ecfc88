import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = globSync(['*.md', '{docs,hack,manifests,test}/**/*.md'], { cwd: ROOT });

/** `[words](target)`, outside of code. */
const LINK = /\]\((?<target>[^)\s]+)\)/g;
const CODE = /^```[^]*?^```|`[^`\n]*`/gm;
const HEADING = /^#{1,6} (?<title>.+)$/gm;

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** As GitHub makes them of headings: https://docs.github.com/get-started/writing-on-github */
function anchorsOf(file: string): ReadonlySet<string> {
  const titles = [...textOf(file).matchAll(HEADING)].map(({ groups }) => groups?.['title'] ?? '');
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** What is wrong with a link to somewhere in this repository. */
function problemOf(file: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const to = path === '' ? file : join(dirname(file), path);
  if (!existsSync(join(ROOT, to))) return `${target}: no such file`;
  if (anchor !== undefined && !anchorsOf(to).has(anchor)) return `${target}: no such heading`;
  return undefined;
}

test.each(DOCUMENTS)('no link of %s within the project is dead', (file) => {
  const prose = textOf(file).replaceAll(CODE, '');
  const targets = [...prose.matchAll(LINK)].map(({ groups }) => groups?.['target'] ?? '');
  const own = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(own.map((target) => problemOf(file, target)).filter(Boolean)).toEqual([]);
});

test('the tests that the threat model names are there', () => {
  const rows = textOf('docs/security.md')
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const last = rows.slice(2).map((row) => row.split(' | ').at(-1) ?? '');
  const names = last
    .flatMap((cell) => [...cell.matchAll(/`(?<name>[^`]+)`/g)])
    .map(([, name]) => name);
  expect(names.length).toBeGreaterThan(15);
  const missing = names.filter(
    (name) => !name?.startsWith('make ') && !existsSync(join(ROOT, 'test', `${name}.test.ts`)),
  );
  expect(missing).toEqual([]);
});
