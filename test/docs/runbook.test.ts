import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { alert: string; annotations: { runbook_url: string } }[];
  }[];
}

const headings = new Set(
  [...read('docs/runbook.md').matchAll(/^### (?<key>\S+)$/gm)].map(({ groups }) => groups?.['key']),
);

describe('the runbook', () => {
  test('has every code that the sources can say, and no other', () => {
    const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');
    const codes = [...sources.matchAll(/'(?<code>E_[A-Z_]+)'/g)].map(({ groups }) => groups?.['code']);
    expect(codes.length).toBeGreaterThan(10);
    const documented = [...headings].filter((key) => key?.startsWith('E_'));
    expect(new Set(documented)).toEqual(new Set(codes));
  });

  test('has every alert, where the alert says it is', () => {
    const { groups } = loadYaml<Rules>(read('manifests/monitoring/rules.yaml'));
    const alerts = groups.flatMap(({ rules }) => rules);
    expect(alerts.length).toBeGreaterThan(5);
    for (const { alert, annotations } of alerts) {
      expect(headings).toContain(alert);
      expect(annotations.runbook_url).toBe(`https://oom-recorder.dev/runbook#${alert.toLowerCase()}`);
    }
  });
});
