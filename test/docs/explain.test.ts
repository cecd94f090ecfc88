import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RULES } from '../../src/explain/advise.ts';

test('every rule of explain is in its table, in the order in which they speak', () => {
  const text = readFileSync('docs/explain.md', 'utf8');
  const [, section = ''] = text.split('\n## What it advises');
  const [table = ''] = section.split('\n## ');
  const named = [...table.matchAll(/^\| `(?<rule>[a-z-]+)` +\|/gm)].map(
    ({ groups }) => groups?.['rule'],
  );
  expect(named).toEqual(RULES.map(({ name }) => name));
});
