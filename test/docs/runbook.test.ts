import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly Alert[] }[];
}

interface Alert {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly runbook_url: string };
}

const headings = new Set(
  [...read('docs/runbook.md').matchAll(/^### (?<key>\S+)$/gm)].map(({ groups }) => groups?.['key']),
);

const { groups } = loadYaml<Rules>(read('manifests/monitoring/rules.yaml'));
const alerts = groups.flatMap(({ rules }) => rules);

test('docs/metrics.md lists every alert, how long it waits and how severe it is', () => {
  const rows = read('docs/metrics.md').matchAll(
    /^\| `(?<alert>\w+)` \| [^|]+ \| (?<wait>\w*) ?\| (?<severity>\w+) \|$/gm,
  );
  const listed = [...rows].map(({ groups }) => [
    groups?.['alert'],
    groups?.['wait'],
    groups?.['severity'],
  ]);
  expect(listed).toEqual(
    alerts.map(({ alert, for: wait = '', labels }) => [alert, wait, labels.severity]),
  );
});

describe('the runbook', () => {
  test('has every code that the sources can say, and no other', () => {
    const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');
    const codes = [...sources.matchAll(/'(?<code>E_[A-Z_]+)'/g)].map(
      ({ groups }) => groups?.['code'],
    );
    expect(codes.length).toBeGreaterThan(10);
    const documented = [...headings].filter((key) => key?.startsWith('E_'));
    expect(new Set(documented)).toEqual(new Set(codes));
  });

  test('has every alert, where the alert says it is', () => {
    expect(alerts.length).toBeGreaterThan(5);
    for (const { alert, annotations } of alerts) {
      expect(headings).toContain(alert);
      expect(annotations.runbook_url).toBe(
        `https://oom-recorder.dev/runbook#${alert.toLowerCase()}`,
      );
    }
  });
});
