import { type JsonObject, type JsonValue, numberOf, objectOf, objectsOf, textOf } from '../json.ts';

/** The table of before Grafana 7: its `styles` become overrides, its transform one of the panel's. */
export function migrateOldTable(panel: JsonObject): void {
  const config = objectOf(panel.fieldConfig);
  panel.fieldConfig = {
    ...config,
    defaults: objectOf(config.defaults),
    overrides: [...objectsOf(panel.styles).flatMap(overrideOf), ...objectsOf(config.overrides)],
  };
  if (!Array.isArray(panel.transformations)) panel.transformations = transformationsOf(textOf(panel.transform));
  panel.writtenType = 'table-old';
  for (const member of ['styles', 'transform', 'columns', 'fontSize', 'scroll', 'showHeader', 'pageSize'])
    delete panel[member];
}

function overrideOf(style: JsonObject): JsonObject[] {
  const pattern = textOf(style.pattern);
  if (pattern === undefined) return [];
  const properties: { id: string; value: JsonValue }[] = [];
  const alias = textOf(style.alias);
  if (alias !== undefined && alias !== '') properties.push({ id: 'displayName', value: alias });
  if (style.type === 'hidden') properties.push({ id: 'custom.hidden', value: true });
  if (style.type === 'number' || style.type === undefined) {
    const unit = textOf(style.unit);
    const decimals = numberOf(style.decimals);
    if (unit !== undefined) properties.push({ id: 'unit', value: unit });
    if (decimals !== undefined) properties.push({ id: 'decimals', value: decimals });
  }
  if (style.type === 'date') properties.push({ id: 'unit', value: 'dateTimeAsIso' });
  const url = textOf(style.linkUrl);
  if (style.link === true && url !== undefined)
    properties.push({
      id: 'links',
      value: [{ title: textOf(style.linkTooltip) ?? '', url, targetBlank: style.linkTargetBlank === true }],
    });
  if (properties.length === 0) return [];
  return [{ matcher: { id: pattern.startsWith('/') ? 'byRegexp' : 'byName', options: pattern }, properties }];
}

function transformationsOf(transform: string | undefined): JsonObject[] {
  if (transform === 'timeseries_to_columns') return [{ id: 'seriesToColumns', options: { reducers: [] } }];
  if (transform === 'timeseries_to_rows') return [{ id: 'seriesToRows', options: { reducers: [] } }];
  if (transform === 'timeseries_aggregations') return [{ id: 'reduce', options: { includeTimeField: false } }];
  if (transform === 'table') return [{ id: 'merge', options: {} }];
  return [];
}
