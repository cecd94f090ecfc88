import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { LOG_LEVELS } from '../../src/log.ts';
import { VERSION } from '../../src/version.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');
const read = (path: string): string => readFileSync(join(MANIFESTS, path), 'utf8');
const RULES = read('monitoring/rules.yaml');

interface Schema {
  readonly properties: Readonly<Record<string, Partial<Schema>>>;
  readonly additionalProperties?: boolean;
}
const SCHEMA: Schema = JSON.parse(read('chart/values.schema.json'));

/** The rules as an object of the Prometheus operator, with their comments. */
function prometheusRule(rules: string): string {
  const groups = rules.slice(rules.indexOf('groups:'));
  return `# Made from manifests/monitoring/rules.yaml by test/manifests/copies.test.ts (npx vitest run -u).
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: oom-recorder
  namespace: oom-recorder
  labels:
    app.kubernetes.io/name: oom-recorder
    app.kubernetes.io/component: node-agent
    release: kube-prometheus-stack
spec:
${groups.replaceAll(/^(?=.)/gm, '  ')}`;
}

describe('the alerts', () => {
  test('are the same for the Prometheus operator', async () => {
    const object = prometheusRule(RULES);
    const file = join(MANIFESTS, 'components/monitoring/prometheus-rule.yaml');
    await expect(object).toMatchFileSnapshot(file);
    expect(loadYaml(object)).toHaveProperty('spec', loadYaml(RULES));
  });

  test('are the same in the chart, which can read no file outside of it', async () => {
    await expect(RULES).toMatchFileSnapshot(join(MANIFESTS, 'chart/rules.yaml'));
  });
});

describe('the dashboard', () => {
  test('is the same in the chart', async () => {
    const file = join(MANIFESTS, 'chart/dashboard.json');
    await expect(read('monitoring/dashboard.json')).toMatchFileSnapshot(file);
  });
});

describe('the chart', () => {
  test('is of the version of the agent, as the base is', () => {
    const { version, appVersion } = loadYaml<Record<string, string>>(read('chart/Chart.yaml'));
    expect({ version, appVersion }).toEqual({ version: VERSION, appVersion: VERSION });
    expect(read('base/daemon-set.yaml')).toContain(`image: oom-recorder:${VERSION}\n`);
  });

  test('knows the levels of the log', () => {
    expect(SCHEMA.properties['logLevel']).toHaveProperty('enum', ['', ...LOG_LEVELS]);
  });

  test('has a default for each value of its schema, and a word in docs/install.md', () => {
    const { global: _, ...properties } = SCHEMA.properties;
    const values = loadYaml<Record<string, object>>(read('chart/values.yaml'));
    expect(Object.keys(values).toSorted()).toEqual(Object.keys(properties).toSorted());
    const docs = read('../docs/install.md');
    for (const [name, { properties: inner, additionalProperties }] of Object.entries(properties)) {
      expect(docs).toMatch(new RegExp(`\`${name}[\`.]`));
      if (inner === undefined || name === 'resources') continue;
      expect(additionalProperties).toBe(false);
      expect(Object.keys(values[name] ?? {})).toEqual(Object.keys(inner));
      for (const key of Object.keys(inner)) expect(docs).toMatch(new RegExp(`\\.${key}\``));
    }
  });
});
