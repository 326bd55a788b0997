import { globSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import {
  type Dashboard,
  interpolate,
  isObject,
  OWN_SOURCES,
  objectOf,
  objectsOf,
  type PanelQuery,
  parseVariableQuery,
  planPanel,
  type ReadDashboard,
  readDashboard,
  resolveVariables,
  type Scope,
  type TimeSpan,
} from '#dashboards';
import { FAKE_ASK } from '../../../src/dashboards/testing/index.ts';

const FOLDER = fileURLToPath(new URL('./testdata/', import.meta.url));
/** Six hours, as dashboards open with. */
export const TIME: TimeSpan = { fromMs: 1_700_000_000_000, toMs: 1_700_000_000_000 + 6 * 3_600_000 };

/** Paths below the folder of public data, sorted. */
export function publicFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: FOLDER }).sort();
}

/** A path below the folder of public data, or a whole one. */
export function readPublic(file: string): string {
  return readFileSync(resolve(FOLDER, file), 'utf8');
}

export function readPublicDashboard(file: string): ReadDashboard {
  return readDashboard({ name: basename(file), text: readPublic(file) });
}

/** A query of a panel, or of a variable. */
export interface PublicQuery {
  /** `opentelemetry-demo/apm-dashboard.json: 4 A`. */
  readonly place: string;
  readonly expr: string;
  /** Of a variable that lists a label's values. */
  readonly label?: string;
  readonly query?: PanelQuery;
}

/** Everything that a dashboard asks for, with variables that have the values which synthesized series have. */
export async function queriesOf(
  file: string,
): Promise<{ readonly queries: PublicQuery[]; readonly unanswered: string[] }> {
  const { dashboard } = readPublicDashboard(file);
  const name = file.replace(/^dashboards\//, '');
  const { scope } = await resolveVariables({
    dashboard,
    chosen: new Map(),
    time: TIME,
    ask: FAKE_ASK,
    sources: OWN_SOURCES,
  });
  const queries = variableQueries(dashboard, name, scope);
  const unanswered: string[] = [];
  for (const panel of dashboard.rows.flatMap(({ panels }) => panels)) {
    const plan = planPanel(panel, { scope, time: TIME, widthPx: 800, scrapeIntervalMs: 15_000 });
    unanswered.push(...plan.unanswered.map(({ refId, reason }) => `${name}: ${panel.id} ${refId}: ${reason}`));
    queries.push(
      ...plan.queries
        .filter(({ source }) => source === 'prometheus')
        .map((query) => ({ place: `${name}: ${panel.id} ${query.refId}`, expr: query.expr, query })),
    );
  }
  return { queries, unanswered };
}

function variableQueries(dashboard: Dashboard, name: string, scope: Scope): PublicQuery[] {
  return dashboard.variables.flatMap((variable) => {
    if (variable.kind !== 'query' || variable.query.trim().startsWith('{"')) return [];
    const asked = parseVariableQuery(variable.query);
    const place = `${name}: $${variable.name}`;
    if (asked.kind === 'query-result') return [{ place, expr: interpolate(asked.expr, scope, 'promql') }];
    if (asked.kind === 'label-values' && asked.match !== '')
      return [{ place, expr: interpolate(asked.match, scope, 'promql'), label: asked.label }];
    return [];
  });
}

export interface PublicRule {
  readonly place: string;
  readonly expr: string;
}

/** The rules of a file: of Prometheus, or in the operator's resource. */
export function rulesOf(file: string): PublicRule[] {
  const name = file.replace(/^rules\//, '');
  const json: unknown = parse(readPublic(file));
  if (!isObject(json)) return [];
  const groups = objectsOf(json.groups ?? objectOf(json.spec).groups);
  return groups.flatMap((group) =>
    objectsOf(group.rules).map((rule) => ({
      place: `${name}: ${String(rule.alert ?? rule.record)}`,
      expr: String(rule.expr),
    })),
  );
}
