import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
const DOC = readFileSync(join(SRC, '../docs/architecture.md'), 'utf8');
const FILES = globSync('**/*.ts', { cwd: SRC });
const IMPORT = /^(?:import|export) [^;]*?from '(?<path>\.[^']+\.ts)';/gms;

function sectionOf(heading: string): string {
  const [, section = ''] = DOC.split(`\n## ${heading}\n`);
  return section.split('\n## ')[0] ?? '';
}

/** Folders and files of `src`, the ground floor first: what stands in one line may import each other. */
const FLOORS = [...sectionOf('Who may import whom').matchAll(/^\d+\. (?<names>.*)$/gm)].map(
  ({ groups }) => [...(groups?.['names'] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
);

function floorOf(file: string): number {
  const [first = ''] = file.split('/');
  return FLOORS.findIndex((names) => names.includes(first));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(({ groups }) =>
    normalize(join(dirname(file), groups?.['path'] ?? '')),
  );
}

describe('the floors of docs/architecture.md', () => {
  test('are those of the sources, each once', () => {
    const named = FLOORS.flat();
    expect(new Set(named)).toEqual(new Set(FILES.map((file) => file.split('/')[0])));
    expect(named).toHaveLength(new Set(named).size);
  });

  test('are imported downwards only', () => {
    const upwards = FILES.flatMap((file) =>
      importsOf(file)
        .filter((imported) => floorOf(imported) > floorOf(file))
        .map((imported) => `${file} imports ${imported}, which stands above it`),
    );
    expect(upwards).toEqual([]);
  });

  test('are imported at all: the check sees what an import is', () => {
    expect(FILES.flatMap(importsOf).length).toBeGreaterThan(FILES.length);
  });
});

describe('one record’s way in docs/architecture.md', () => {
  const section = sectionOf("One record's way");
  const steps = section.split('\nBeside the way')[0] ?? '';
  const way = [...steps.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file = '']) => file);

  test('leads through files that there are, each once', () => {
    expect(way.filter((file) => !FILES.includes(file))).toEqual([]);
    expect(way).toHaveLength(new Set(way).size);
  });

  test('is as long as it says, and no longer than 60 files', () => {
    expect(section).toContain(`: ${way.length} (`);
    expect(way.length).toBeLessThanOrEqual(60);
  });
});
