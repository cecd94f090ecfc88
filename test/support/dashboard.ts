import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../manifests/monitoring/dashboard.json');

/** One query of a panel, or of a variable, as Grafana sends it. */
export interface DashboardQuery {
  /** Where it is, for whoever reads a failure. */
  readonly of: string;
  readonly expression: string;
  /** One sample a series instead of many. */
  readonly isInstant: boolean;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { refId: string; expr: string; instant: boolean }[];
}

interface Variable {
  readonly name: string;
  readonly definition?: string;
  readonly allValue?: string;
}

export const DASHBOARD: {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
} = JSON.parse(readFileSync(FILE, 'utf8'));

/**
 * Every query, with `All` chosen for each variable.
 *
 * @param windows what Grafana makes of the time that is shown, and of the width of a bar
 */
export function dashboardQueries(windows: {
  readonly interval: string;
  readonly range: string;
}): readonly DashboardQuery[] {
  const { interval, range } = windows;
  const known: Record<string, string | undefined> = {
    __interval: interval,
    __rate_interval: interval,
    __range: range,
    ...Object.fromEntries(DASHBOARD.templating.list.map(({ name, allValue }) => [name, allValue])),
  };
  const fillIn = (expression: string): string =>
    expression.replaceAll(/\$(?<name>\w+)/g, (all, name: string) => known[name] ?? all);
  const panels = DASHBOARD.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr, instant }) => ({
      of: `${title} ${refId}`,
      expression: fillIn(expr),
      isInstant: instant,
    })),
  );
  return [...panels, ...DASHBOARD.templating.list.flatMap(variableQuery)];
}

/** `label_values(metric, label)` is Grafana's own: the values that the label has. */
function variableQuery({ name, definition }: Variable): readonly DashboardQuery[] {
  if (definition === undefined) return [];
  const asked = /^label_values\((?<metric>.+), (?<label>\w+)\)$/.exec(definition)?.groups;
  const expression = `count by (${asked?.['label']}) (${asked?.['metric']})`;
  return [{ of: `$${name}`, expression, isInstant: true }];
}
