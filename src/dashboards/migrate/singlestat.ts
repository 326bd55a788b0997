import { type JsonObject, type JsonValue, numberOf, objectOf, objectsOf, textOf, withoutGaps } from '../json.ts';
import { mappingsOf } from './mappings.ts';

const TRANSLATED = [
  ...['colorBackground', 'colorPrefix', 'colorPostfix', 'colorValue', 'colors', 'decimals', 'format', 'gauge'],
  ...['mappingType', 'mappingTypes', 'nullPointMode', 'nullText', 'rangeMaps', 'sparkline', 'tableColumn'],
  ...['thresholds', 'valueFontSize', 'valueMaps', 'valueName', 'postfixFontSize', 'prefixFontSize'],
];

/** Old names of what is made of a series. */
const CALCS: Readonly<Record<string, string>> = {
  min: 'min',
  max: 'max',
  avg: 'mean',
  current: 'lastNotNull',
  total: 'sum',
  first: 'firstNotNull',
  delta: 'delta',
  diff: 'diff',
  range: 'range',
  last_time: 'lastNotNull',
  name: 'lastNotNull',
};

const COLORS = ['#299c46', 'rgba(237, 129, 40, 0.89)', '#d44a3a'];

/** The old `singlestat` panel as `stat`, or as `gauge` where it showed one. */
export function migrateSinglestat(panel: JsonObject): void {
  const gauge = objectOf(panel.gauge);
  const isGauge = gauge.show === true;
  const name = textOf(panel.valueName) ?? 'avg';
  const mappings = mappingsOf(
    panel.mappingType === 2
      ? objectsOf(panel.rangeMaps).map((map) => ({ ...map, type: 2 }))
      : objectsOf(panel.valueMaps).map((map) => ({ ...map, type: 1 })),
  );
  const config = objectOf(panel.fieldConfig);
  panel.fieldConfig = {
    ...config,
    defaults: {
      ...withoutGaps({
        unit: textOf(panel.format),
        decimals: numberOf(panel.decimals),
        noValue: textOf(panel.nullText),
        min: isGauge ? (numberOf(gauge.minValue) ?? 0) : undefined,
        max: isGauge ? (numberOf(gauge.maxValue) ?? 100) : undefined,
        thresholds: thresholdsOf(panel),
      }),
      color: { mode: 'thresholds' },
      mappings,
      ...objectOf(config.defaults),
    },
    overrides: Array.isArray(config.overrides) ? config.overrides : [],
  };
  const column = textOf(panel.tableColumn) ?? '';
  panel.options = {
    reduceOptions: { values: false, calcs: [CALCS[name] ?? 'mean'], fields: column === '' ? '' : `/^${column}$/` },
    orientation: 'horizontal',
    ...(isGauge
      ? { showThresholdMarkers: gauge.thresholdMarkers !== false, showThresholdLabels: gauge.thresholdLabels === true }
      : {
          colorMode: panel.colorBackground === true ? 'background' : panel.colorValue === true ? 'value' : 'none',
          graphMode: objectOf(panel.sparkline).show === true ? 'area' : 'none',
          justifyMode: 'auto',
          textMode: name === 'name' ? 'name' : 'auto',
        }),
    ...objectOf(panel.options),
  };
  panel.type = isGauge ? 'gauge' : 'stat';
  panel.writtenType = 'singlestat';
  for (const member of TRANSLATED) delete panel[member];
}

/** `"50,80"` with three colours: the first from the start. */
function thresholdsOf(panel: JsonObject): JsonValue | undefined {
  const text = textOf(panel.thresholds);
  if (text === undefined || text.trim() === '') return undefined;
  const written = Array.isArray(panel.colors) ? panel.colors : COLORS;
  const colors = written.map((color) => textOf(color) ?? 'green');
  const values = text.split(',').flatMap((piece) => numberOf(piece.trim()) ?? []);
  return {
    mode: 'absolute',
    steps: [null, ...values].map((value, index) => ({ value, color: colors[index] ?? colors.at(-1) ?? 'green' })),
  };
}
