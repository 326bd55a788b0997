import { type JsonObject, type JsonValue, numberOf, objectOf, objectsOf, textOf, withoutGaps } from '../json.ts';

/** The members of the old `graph` panel that are said in another way in the new form. */
const TRANSLATED = [
  ...['aliasColors', 'bars', 'dashes', 'dashLength', 'decimals', 'fill', 'fillGradient', 'hiddenSeries', 'legend'],
  ...['lines', 'linewidth', 'nullPointMode', 'percentage', 'pointradius', 'points', 'renderer', 'seriesOverrides'],
  ...['spaceLength', 'stack', 'steppedLine', 'thresholds', 'tooltip', 'xaxis', 'yaxes', 'yaxis'],
];

/** The old `graph` panel as `timeseries` (or `histogram`, `barchart`, by what its x axis was). */
export function migrateGraph(panel: JsonObject): void {
  const [left, right] = objectsOf(panel.yaxes);
  const xMode = textOf(objectOf(panel.xaxis).mode);
  const defaults: JsonObject = {
    ...axisOptions(left),
    ...withoutGaps({ decimals: panel.decimals ?? left?.decimals ?? undefined }),
    color: { mode: 'palette-classic' },
    custom: { ...drawing(panel, panel), ...axisDrawing(left), ...stacking(panel) },
  };
  Object.assign(defaults, thresholdsOf(panel, objectOf(defaults.custom)));
  const config = objectOf(panel.fieldConfig);
  const old = objectOf(config.defaults);
  panel.fieldConfig = {
    ...config,
    defaults: { ...old, ...defaults, custom: { ...objectOf(old.custom), ...objectOf(defaults.custom) } },
    overrides: [
      ...colorOverrides(objectOf(panel.aliasColors)),
      ...objectsOf(panel.seriesOverrides).flatMap((override) => seriesOverride(override, right)),
      ...objectsOf(config.overrides),
    ],
  };
  panel.options = { ...objectOf(panel.options), legend: legendOf(objectOf(panel.legend)), tooltip: tooltipOf(panel) };
  panel.type = xMode === 'histogram' ? 'histogram' : xMode === 'series' ? 'barchart' : 'timeseries';
  panel.writtenType = 'graph';
  for (const name of TRANSLATED) delete panel[name];
}

function axisOptions(axis: JsonObject | undefined): JsonObject {
  if (axis === undefined) return {};
  return withoutGaps({ unit: textOf(axis.format), min: numberOf(axis.min), max: numberOf(axis.max) });
}

function axisDrawing(axis: JsonObject | undefined): JsonObject {
  if (axis === undefined) return {};
  const base = numberOf(axis.logBase);
  return withoutGaps({
    axisLabel: textOf(axis.label) || undefined,
    axisPlacement: axis.show === false ? 'hidden' : undefined,
    scaleDistribution: base !== undefined && base > 1 ? { type: 'log', log: base } : undefined,
  });
}

/** What lines, bars and points of a panel or of an override say. `all` has what the panel says where an override is silent. */
function drawing(own: JsonObject, all: JsonObject): JsonObject {
  const isBars = own.bars === true;
  const isPointsOnly = own.points === true && (own.lines ?? all.lines) === false && !isBars;
  const says = own.bars !== undefined || own.points !== undefined || own.lines !== undefined;
  const fill = numberOf(own.fill) ?? (own === all ? 1 : undefined);
  const hidesLine = own.lines === false && !isBars && !isPointsOnly;
  return withoutGaps({
    drawStyle: says ? (isBars ? 'bars' : isPointsOnly ? 'points' : 'line') : undefined,
    showPoints: says ? (own.points === true ? 'always' : 'never') : undefined,
    pointSize: own.points === true ? (numberOf(own.pointradius) ?? 2) * 2 : undefined,
    lineWidth: hidesLine ? 0 : numberOf(own.linewidth),
    // From 0 to 10 to per cent; bars were filled whatever it said.
    fillOpacity: isBars ? 100 : fill === undefined ? undefined : Math.min(100, fill * 10),
    lineInterpolation: own.steppedLine === true ? 'stepAfter' : undefined,
    spanNulls: own.nullPointMode === undefined ? undefined : own.nullPointMode === 'connected',
    lineStyle:
      own.dashes === true
        ? { fill: 'dash', dash: [numberOf(own.dashLength) ?? 10, numberOf(own.spaceLength) ?? 10] }
        : undefined,
  });
}

function stacking(panel: JsonObject): JsonObject {
  if (panel.stack !== true) return {};
  return { stacking: { mode: panel.percentage === true ? 'percent' : 'normal', group: 'A' } };
}

function byName(alias: string): JsonObject {
  const isPattern = alias.length > 2 && alias.startsWith('/');
  return isPattern ? { id: 'byRegexp', options: alias } : { id: 'byName', options: alias };
}

function colorOverrides(colors: JsonObject): JsonObject[] {
  return Object.entries(colors).flatMap(([name, color]) =>
    typeof color === 'string'
      ? [
          {
            matcher: { id: 'byName', options: name },
            properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }],
          },
        ]
      : [],
  );
}

function seriesOverride(override: JsonObject, right: JsonObject | undefined): JsonObject[] {
  const alias = textOf(override.alias);
  if (alias === undefined) return [];
  const properties: { id: string; value: JsonValue }[] = [];
  const add = (id: string, value: JsonValue | undefined): void => {
    if (value !== undefined) properties.push({ id, value });
  };
  const custom = drawing(override, {});
  if (numberOf(override.yaxis) === 2) {
    for (const [name, value] of Object.entries(axisOptions(right))) add(name, value);
    Object.assign(custom, axisDrawing(right), { axisPlacement: right?.show === false ? 'hidden' : 'right' });
  }
  if (override.stack === false) custom.stacking = { mode: 'none', group: 'A' };
  else if (typeof override.stack === 'string') custom.stacking = { mode: 'normal', group: override.stack };
  if (override.transform === 'negative-Y') custom.transform = 'negative-Y';
  if (override.hideTooltip === true || override.legend === false)
    custom.hideFrom = { viz: false, tooltip: override.hideTooltip === true, legend: override.legend === false };
  if (typeof override.color === 'string') add('color', { mode: 'fixed', fixedColor: override.color });
  for (const [name, value] of Object.entries(custom)) add(`custom.${name}`, value);
  return properties.length === 0 ? [] : [{ matcher: byName(alias), properties }];
}

/** Old names of what a legend shows of a series. */
const CALCS: readonly (readonly [was: string, is: string])[] = [
  ['min', 'min'],
  ['max', 'max'],
  ['avg', 'mean'],
  ['current', 'last'],
  ['total', 'sum'],
];

function legendOf(legend: JsonObject): JsonObject {
  return {
    showLegend: legend.show !== false,
    displayMode: legend.alignAsTable === true ? 'table' : 'list',
    placement: legend.rightSide === true ? 'right' : 'bottom',
    calcs: legend.values === true ? CALCS.flatMap(([was, is]) => (legend[was] === true ? [is] : [])) : [],
    ...withoutGaps({ width: numberOf(legend.sideWidth) }),
  };
}

function tooltipOf({ tooltip }: JsonObject): JsonObject {
  const { shared, sort } = objectOf(tooltip);
  return { mode: shared === false ? 'single' : 'multi', sort: sort === 1 ? 'asc' : sort === 2 ? 'desc' : 'none' };
}

const THRESHOLD_COLORS: Readonly<Record<string, string>> = { critical: 'red', warning: 'orange', ok: 'green' };

/** Each threshold was a line, an area or both, above (`gt`) or below (`lt`) its value; they become steps of colour. */
function thresholdsOf(panel: JsonObject, custom: JsonObject): JsonObject {
  const thresholds = objectsOf(panel.thresholds).filter(({ value }) => numberOf(value) !== undefined);
  if (thresholds.length === 0) return {};
  const colorOf = (threshold: JsonObject): string =>
    THRESHOLD_COLORS[textOf(threshold.colorMode) ?? ''] ??
    textOf(threshold.fillColor) ??
    textOf(threshold.lineColor) ??
    'red';
  const sorted = thresholds.sort((a, b) => numberOf(a.value)! - numberOf(b.value)!);
  const steps: { value: number | null; color: string }[] = [
    { value: null, color: sorted[0]!.op === 'lt' ? colorOf(sorted[0]!) : 'transparent' },
  ];
  for (const [index, threshold] of sorted.entries()) {
    const next = sorted[index + 1];
    const above = threshold.op === 'lt' ? (next?.op === 'lt' ? colorOf(next) : 'transparent') : colorOf(threshold);
    steps.push({ value: numberOf(threshold.value)!, color: above });
  }
  const hasLine = thresholds.some(({ line }) => line === true);
  const hasFill = thresholds.some(({ fill }) => fill === true);
  custom.thresholdsStyle = { mode: hasLine && hasFill ? 'line+area' : hasFill ? 'area' : hasLine ? 'line' : 'off' };
  return { thresholds: { mode: 'absolute', steps } };
}
