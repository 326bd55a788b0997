/** Words to write a dashboard with: a panel a line, placed from left to right. */
import type { JsonObject, JsonValue } from '../json.ts';
import { withoutGaps } from '../json.ts';

/** A query: PromQL alone, or with what its series are called. */
export type Query = string | { readonly expr: string; readonly legend: string };

export interface PanelSpec {
  readonly title: string;
  readonly type: 'timeseries' | 'stat' | 'table' | 'bargauge' | 'gauge' | 'state-timeline';
  readonly queries: readonly Query[];
  readonly unit: string;
  /** In cells of a grid of 24; a third of it if left out. */
  readonly width?: number;
  readonly height?: number;
  readonly description?: string;
  readonly isStacked?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Values from which on it is amber and red. */
  readonly levels?: readonly [amber: number, red: number];
  /** Of a table: names of its columns by the labels and queries that they show, in order; others are left out. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Units of columns by their names. */
  readonly units?: Readonly<Record<string, string>>;
  /** The column whose largest value comes first. */
  readonly sortedBy?: string;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface VariableSpec {
  readonly name: string;
  readonly label: string;
  /** `label_values(metric, label)`. */
  readonly query: string;
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly variables: readonly VariableSpec[];
  readonly rows: readonly RowSpec[];
}

const SOURCE = { type: 'prometheus', uid: '$datasource' };
const COLUMNS = 24;
const SCHEMA = 39;

type Rest = Omit<PanelSpec, 'title' | 'type' | 'queries' | 'unit'>;

/** A query whose series are called by a legend. */
export const named = (legend: string, expr: string): Query => ({ expr, legend });

const panel =
  (type: PanelSpec['type'], usual: Rest = {}) =>
  (title: string, unit: string, queries: Query | readonly Query[], rest: Rest = {}): PanelSpec => ({
    ...usual,
    ...rest,
    ...{ title, type, unit, queries: Array.isArray(queries) ? (queries as readonly Query[]) : [queries as Query] },
  });

export const lines: ReturnType<typeof panel> = panel('timeseries');
export const stacked: ReturnType<typeof panel> = panel('timeseries', { isStacked: true });
export const figure: ReturnType<typeof panel> = panel('stat', { width: 4, height: 4 });
export const bars: ReturnType<typeof panel> = panel('bargauge');
export const table: ReturnType<typeof panel> = panel('table', { width: 24, height: 9 });

/**
 * A quantile of a histogram, whichever kind its SDK sends: with buckets as series, or native. `by` are labels to group by, with commas between.
 */
export function quantile(share: number, metric: string, matchers: string, by = ''): string {
  const within = matchers === '' ? '' : `{${matchers}}`;
  const classic = `histogram_quantile(${share}, sum by (${by === '' ? 'le' : `le, ${by}`}) (rate(${metric}_bucket${within}[$__rate_interval])))`;
  const native = `histogram_quantile(${share}, sum${by === '' ? '' : ` by (${by})`} (rate(${metric}${within}[$__rate_interval])))`;
  return `${classic} or ${native}`;
}

/** How often a histogram was added to, of either kind. */
export function countRate(metric: string, matchers: string, by = ''): string {
  const within = matchers === '' ? '' : `{${matchers}}`;
  const sum = `sum${by === '' ? '' : ` by (${by})`}`;
  return `${sum} (rate(${metric}_count${within}[$__rate_interval])) or ${sum} (histogram_count(rate(${metric}${within}[$__rate_interval])))`;
}

/** What part of them fails, of what is counted by both; 0 where nothing of the part is there, and nothing where nothing is counted. */
export function failedShare(failed: string, all: string): string {
  return `((${failed}) or 0 * (${all})) / (${all})`;
}

/** The dashboard as Grafana's JSON. */
export function buildDashboard({ uid, title, description, tags, variables, rows }: DashboardSpec): JsonObject {
  let id = 0;
  let y = 0;
  const panels: JsonValue[] = [];
  for (const row of rows) {
    panels.push({
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y++;
    let x = 0;
    let lineHeight = 0;
    for (const spec of row.panels) {
      const { width = 8, height = 8 } = spec;
      if (x + width > COLUMNS) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      panels.push(buildPanel(spec, ++id, { x, y, w: width, h: height }));
      x += width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return {
    ...{ uid, title, description, tags: [...tags], editable: true, graphTooltip: 1, schemaVersion: SCHEMA, version: 1 },
    time: { from: 'now-15m', to: 'now' },
    refresh: '30s',
    templating: { list: [sourceVariable(), ...variables.map(buildVariable)] },
    annotations: { list: [] },
    links: [],
    panels,
  };
}

function sourceVariable(): JsonObject {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 2, current: {} };
}

function buildVariable({ name, label, query }: VariableSpec): JsonObject {
  return {
    ...{ name, label, type: 'query', datasource: SOURCE, query: { query, refId: name }, definition: query },
    ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.*' },
    current: { text: ['All'], value: ['$__all'] },
  };
}

function buildPanel(spec: PanelSpec, id: number, gridPos: JsonObject): JsonObject {
  const { title, type, queries, description, columns, units } = spec;
  const isTable = type === 'table';
  const isInstant = isTable || type === 'bargauge';
  return withoutGaps({
    ...{ id, type, title, description, gridPos, datasource: SOURCE },
    targets: queries.map((query, i) =>
      withoutGaps({
        refId: String.fromCharCode(65 + i),
        datasource: SOURCE,
        expr: typeof query === 'string' ? query : query.expr,
        legendFormat: typeof query === 'string' ? '__auto' : query.legend,
        instant: isInstant || undefined,
        range: !isInstant,
        format: isTable ? 'table' : undefined,
      }),
    ),
    fieldConfig: { defaults: fieldDefaults(spec), overrides: overridesOf(units) },
    options: optionsOf(spec),
    transformations:
      columns === undefined ? undefined : [{ id: 'merge', options: {} }, organized(columns, queries.length)],
  });
}

function fieldDefaults({ type, unit, min, max, levels, isStacked, queries }: PanelSpec): JsonObject {
  const steps: JsonValue[] = [{ value: null, color: plainColour(type, levels) }];
  if (levels !== undefined) steps.push({ value: levels[0], color: 'orange' }, { value: levels[1], color: 'red' });
  const isOverTime = type === 'timeseries';
  const custom = isOverTime
    ? withoutGaps({
        lineWidth: 1,
        fillOpacity: isStacked ? 25 : queries.length > 1 ? 0 : 8,
        stacking: { mode: isStacked ? 'normal' : 'none' },
        showPoints: 'never',
        // What is beyond it is drawn, too.
        axisSoftMax: max,
      })
    : undefined;
  return withoutGaps({
    ...{
      unit,
      min: min ?? (type === 'timeseries' || type === 'bargauge' ? 0 : undefined),
      max: isOverTime ? undefined : max,
      custom,
    },
    color: { mode: type === 'timeseries' ? 'palette-classic' : 'thresholds' },
    thresholds: { mode: 'absolute', steps },
  });
}

/** Below all levels. */
function plainColour(type: PanelSpec['type'], levels: PanelSpec['levels']): string {
  if (levels !== undefined) return 'green';
  return type === 'bargauge' ? 'blue' : 'text';
}

function overridesOf(units: PanelSpec['units']): JsonValue[] {
  return Object.entries(units ?? {}).map(([name, unit]) => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'unit', value: unit }],
  }));
}

function optionsOf({ type, sortedBy }: PanelSpec): JsonObject {
  const reduceOptions = { calcs: ['lastNotNull'], values: false };
  if (type === 'stat') return { reduceOptions, colorMode: 'value', graphMode: 'area', textMode: 'auto' };
  if (type === 'bargauge') return { reduceOptions, orientation: 'horizontal', displayMode: 'basic' };
  if (type === 'gauge') return { reduceOptions };
  if (type === 'table')
    return withoutGaps({
      showHeader: true,
      sortBy: sortedBy === undefined ? undefined : [{ displayName: sortedBy, desc: true }],
    });
  return {
    legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  };
}

/** Columns that a table shows, in their order; `Value` is the only query's, `Value #B` the second's. */
function organized(columns: Readonly<Record<string, string>>, queryCount: number): JsonObject {
  const nameOf = (column: string): string => (column === 'Value #A' && queryCount === 1 ? 'Value' : column);
  const names = Object.keys(columns).map(nameOf);
  return {
    id: 'organize',
    options: {
      includeByName: Object.fromEntries(names.map((name) => [name, true])),
      indexByName: Object.fromEntries(names.map((name, i) => [name, i])),
      renameByName: Object.fromEntries(Object.entries(columns).map(([column, name]) => [nameOf(column), name])),
    },
  };
}
