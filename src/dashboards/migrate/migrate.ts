import { isObject, type JsonObject, numberOf, objectOf, objectsOf } from '../json.ts';
import { migrateGraph } from './graph.ts';
import { mappingsOf } from './mappings.ts';
import { migrateOldTable } from './old-table.ts';
import { panelsOfRows } from './rows.ts';
import { migrateSinglestat } from './singlestat.ts';

/** The schema that migrated dashboards have. */
export const NEWEST_SCHEMA = 42;
export const GRID_COLUMNS = 24;

/**
 * A dashboard's JSON of schema 14 to 42 in the form of schema 42, as a new object: rows become places in the grid, panels and options that
 * were replaced become what replaced them. What is not known stays as it is. Every step leaves alone what already has the new form, so that
 * files whose number is wrong or missing are read, too.
 */
export function migrateDashboard(original: JsonObject): JsonObject {
  const json = structuredClone(original);
  const version = numberOf(json.schemaVersion) ?? 0;
  if (json.sharedCrosshair === true && json.graphTooltip === undefined) json.graphTooltip = 1;
  delete json.sharedCrosshair;
  if (Array.isArray(json.rows)) {
    json.panels = [...objectsOf(json.panels), ...panelsOfRows(objectsOf(json.rows))];
    delete json.rows;
  }
  if (json.refresh === false) json.refresh = '';
  if (Array.isArray(json.panels)) json.panels = migratePanels(json.panels, version);
  for (const variable of objectsOf(objectOf(json.templating).list)) migrateVariable(variable);
  json.schemaVersion = Math.max(version, NEWEST_SCHEMA);
  return json;
}

function migratePanels(panels: JsonObject[keyof JsonObject][], version: number): JsonObject[keyof JsonObject][] {
  // A panel that was repeated was stored once more for each value; Grafana has made them anew on each load since schema 27.
  const kept = panels.filter((panel) => !isObject(panel) || !panel.repeatPanelId || panel.repeat);
  for (const panel of kept.filter(isObject)) migratePanel(panel, version);
  return kept;
}

function migratePanel(panel: JsonObject, version: number): void {
  if (Array.isArray(panel.panels)) panel.panels = migratePanels(panel.panels, version);
  const minSpan = numberOf(panel.minSpan);
  if (minSpan !== undefined && minSpan > 0 && panel.maxPerRow === undefined) {
    panel.maxPerRow = Math.max(1, Math.floor((version < 16 ? 12 : GRID_COLUMNS) / minSpan));
    delete panel.minSpan;
  }
  const gaugeOptions = panel['options-gauge'];
  if (isObject(gaugeOptions)) {
    panel.options = { ...gaugeOptions, ...objectOf(panel.options) };
    delete panel['options-gauge'];
  }
  renameType(panel);
  if (panel.type === 'graph') migrateGraph(panel);
  else if (panel.type === 'singlestat') migrateSinglestat(panel);
  else if (panel.type === 'table' && Array.isArray(panel.styles)) migrateOldTable(panel);
  else if (panel.type === 'text') migrateText(panel);
  if (panel.type === 'stat' || panel.type === 'gauge' || panel.type === 'bargauge') migrateFieldOptions(panel);
  migrateFields(panel);
}

const RENAMED: Readonly<Record<string, string>> = {
  'grafana-singlestat-panel': 'singlestat',
  'grafana-piechart-panel': 'piechart',
  'grafana-polystat-panel': 'stat',
  'table-old': 'table',
  'flant-statusmap-panel': 'status-history',
  text2: 'text',
};

function renameType(panel: JsonObject): void {
  const renamed = typeof panel.type === 'string' ? RENAMED[panel.type] : undefined;
  if (renamed === undefined) return;
  panel.writtenType ??= panel.type ?? null;
  panel.type = renamed;
}

/** Before schema 27 the text stood beside the options. */
function migrateText(panel: JsonObject): void {
  if (typeof panel.content !== 'string') return;
  panel.options = { mode: panel.mode ?? 'markdown', content: panel.content, ...objectOf(panel.options) };
  delete panel.content;
  delete panel.mode;
}

/** Grafana 6 had what is now `fieldConfig` and `reduceOptions` in `options.fieldOptions`. */
function migrateFieldOptions(panel: JsonObject): void {
  const options = objectOf(panel.options);
  const old = options.fieldOptions;
  if (!isObject(old)) return;
  const { fieldOptions: _, ...rest } = options;
  panel.options = {
    ...rest,
    reduceOptions: { values: old.values ?? false, calcs: old.calcs ?? ['lastNotNull'] },
  };
  const config = objectOf(panel.fieldConfig);
  panel.fieldConfig = {
    ...config,
    defaults: { ...objectOf(old.defaults), ...objectOf(config.defaults) },
    overrides: Array.isArray(config.overrides) ? config.overrides : [],
  };
  const defaults = objectOf(objectOf(panel.fieldConfig).defaults);
  if (Array.isArray(old.mappings)) defaults.mappings ??= old.mappings;
  if (Array.isArray(old.thresholds))
    defaults.thresholds ??= {
      mode: 'absolute',
      steps: objectsOf(old.thresholds).map((step, index) => ({
        value: index === 0 ? null : (step.value ?? null),
        color: step.color ?? 'green',
      })),
    };
  defaults.displayName ??= defaults.title ?? null;
}

/** Data links named what they were of in other words before schema 22. */
const LINK_VARIABLES: readonly (readonly [was: RegExp, is: string])[] = [
  [/__series_name\b/g, '__series.name'],
  [/__field_name\b/g, '__field.name'],
  [/__value_time\b/g, '__value.time'],
  [/__series\.labels/g, '__field.labels'],
];

function migrateFields(panel: JsonObject): void {
  const config = objectOf(panel.fieldConfig);
  const defaults = objectOf(config.defaults);
  if (Array.isArray(defaults.mappings)) defaults.mappings = mappingsOf(defaults.mappings);
  for (const override of objectsOf(config.overrides))
    for (const property of objectsOf(override.properties)) {
      if (property.id === 'mappings' && Array.isArray(property.value)) property.value = mappingsOf(property.value);
      if (property.id === 'custom.displayMode') asCellOptions(property);
    }
  const custom = objectOf(defaults.custom);
  if (typeof custom.displayMode === 'string' && panel.type === 'table') {
    custom.cellOptions ??= { type: custom.displayMode };
    delete custom.displayMode;
  }
  const legend = objectOf(objectOf(panel.options).legend);
  if (legend.displayMode === 'hidden') {
    legend.displayMode = 'list';
    legend.showLegend = false;
  }
  for (const link of objectsOf(defaults.links)) {
    if (typeof link.url !== 'string') continue;
    link.url = LINK_VARIABLES.reduce((url, [was, is]) => url.replace(was, is), link.url);
  }
}

function asCellOptions(property: JsonObject): void {
  property.id = 'custom.cellOptions';
  property.value = { type: property.value ?? 'auto' };
}

/** Old kinds are kept as they are; what Grafana made of the query is found again. */
function migrateVariable(variable: JsonObject): void {
  delete variable.tags;
  delete variable.tagsQuery;
  delete variable.tagValuesQuery;
  delete variable.useTags;
  const refresh = variable.refresh;
  if (variable.type === 'query' && refresh !== 0 && refresh !== 1 && refresh !== 2)
    variable.refresh = refresh === false ? 0 : 1;
}
