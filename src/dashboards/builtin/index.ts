import { buildDashboard, type DashboardSpec } from './build.ts';
import { PIPELINE, STORE } from './itself.ts';
import { HOSTS, KUBERNETES } from './machines.ts';
import { GO, JVM, NODE, PYTHON } from './runtimes.ts';
import { DATABASES, HTTP_DASHBOARD, SERVICES } from './traffic.ts';

const ALL: readonly DashboardSpec[] = [
  ...[SERVICES, HTTP_DASHBOARD, DATABASES, JVM, NODE, PYTHON, GO, HOSTS, KUBERNETES, PIPELINE, STORE],
];

export interface BuiltinDashboard {
  /** `services.json`. */
  readonly file: string;
  /** JSON of Grafana. */
  readonly text: string;
}

/** The dashboards that are there without a file, made when they are asked for. */
export function builtinDashboards(): readonly BuiltinDashboard[] {
  return ALL.map((spec) => ({
    file: `${spec.uid.replace(/^signalbox-/, '')}.json`,
    text: `${JSON.stringify(buildDashboard(spec), undefined, 2)}\n`,
  }));
}
