import { describe, expect, test } from 'vitest';
import { listMetrics } from '../../src/telemetry/metric-list.ts';
import { DASHBOARD, dashboardQueries } from '../support/dashboard.ts';
import { metricsSource } from '../support/telemetry.ts';

const METRICS = Object.keys(listMetrics(metricsSource()));
/** Prometheus' own. */
const OTHERS = ['up'];
const QUERIES = dashboardQueries({ interval: '1m', range: '1h' });
const SELECTOR = /(?<metric>\b[a-z_]+)\{(?<matchers>[^}]*)\}/g;

describe('the dashboard', () => {
  test.for(QUERIES)('asks in $of for metrics that there are, of this job alone', (query) => {
    const selectors = [...query.expression.matchAll(SELECTOR)];
    expect(selectors).not.toHaveLength(0);
    for (const { groups } of selectors) {
      expect([...METRICS, ...OTHERS]).toContain(groups?.['metric']);
      expect(groups?.['matchers']).toContain('job="oom-recorder"');
    }
    expect(query.expression).not.toContain('$');
  });

  test('has panels of different numbers that lie beside each other', () => {
    const { panels } = DASHBOARD;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const fields = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(fields).size).toBe(fields.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});
