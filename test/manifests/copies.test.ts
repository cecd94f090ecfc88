import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { LOG_LEVELS } from '../../src/log.ts';
import { VERSION } from '../../src/version.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests');
const read = (path: string): string => readFileSync(join(MANIFESTS, path), 'utf8');
const RULES = read('monitoring/rules.yaml');

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

describe('the chart', () => {
  test('is of the version of the agent, as the base is', () => {
    const { version, appVersion } = loadYaml<Record<string, string>>(read('chart/Chart.yaml'));
    expect({ version, appVersion }).toEqual({ version: VERSION, appVersion: VERSION });
    expect(read('base/daemon-set.yaml')).toContain(`image: oom-recorder:${VERSION}\n`);
  });

  test('knows the levels of the log', () => {
    const { properties } = JSON.parse(read('chart/values.schema.json'));
    expect(properties.logLevel.enum).toEqual(['', ...LOG_LEVELS]);
  });
});
