/** What pie charts, bar charts and histograms show of a panel's answers. */
import { colourOf, fieldOptionsReader, isObject, type Panel, reduceValues, showValue } from '#dashboards';
import type { Slice } from '../figure.ts';
import { visibleText } from '../foreign-text.ts';
import { formatClock } from '../format.ts';
import { type Frame, type NumberField, numberFields } from '../frame.ts';
import type { ThemeTokens } from '../theme.tsx';
import { niceStep } from '../ticks.ts';
import { toneColour } from '../tone.ts';
import { calculationOf, type PanelData, type PanelSeries, seriesTones, writingOf } from './panel-data.ts';
import { tableFrame } from './table-frame.ts';

const MAX_SLICES = 60;

/** A part per series; what is not above zero has none. */
export function slicesOf(panel: Panel, { series }: PanelData, tokens: ThemeTokens): readonly Slice[] {
  const calculation = calculationOf(panel);
  const tones = seriesTones(series, tokens.name);
  return series.slice(0, MAX_SLICES).flatMap(({ key, name, options, values }, i) => {
    const value = reduceValues(values, calculation);
    if (value === null || !Number.isFinite(value) || value < 0) return [];
    const shown = showValue(value, options);
    const isByValue = options.color?.mode === 'thresholds' || options.mappings.length > 0;
    const mapped = isByValue && shown.color !== undefined ? colourOf(shown.color, tokens.name) : undefined;
    return [{ key, name, value, text: shown.text, colour: mapped ?? toneColour(tones[i]!, tokens) }];
  });
}

const MAX_COLUMNS = 120;

/** A thing per row of the answer as a table; of series over time, a thing per point of time. */
export function columnsFrame(panel: Panel, data: PanelData, tokens: ThemeTokens): Frame {
  const isOverTime = data.series.some(({ values }) => values.length === data.grid.count && data.grid.count > 1);
  const name = visibleText(panel.title);
  if (isOverTime) {
    const { startMs, stepMs, count } = data.grid;
    const tones = seriesTones(data.series, tokens.name);
    const from = Math.max(0, count - MAX_COLUMNS);
    const names = Array.from({ length: count - from }, (_, i) => formatClock(startMs + (from + i) * stepMs));
    const fields = data.series.map((each, i): NumberField => {
      const values = finite(each.values).slice(from);
      return { name: each.name, type: 'number', unit: '', writing: writingOf(each.options), tone: tones[i]!, values };
    });
    return { name, length: names.length, fields: [{ name: 'name', type: 'text', values: names }, ...fields] };
  }
  const table = tableFrame(panel, data);
  const written = table.fields.filter((field) => field.type === 'text');
  // All rows of an instant query are of one time: it is no name of a bar, unless there is no other.
  const labels = written.filter((field) => !/^Time(?: \d+)?$/.test(field.name));
  const texts = labels.length > 0 ? labels : written;
  const { xField } = panel.options;
  const chosen = texts.filter((field) => field.name === xField);
  const of = chosen.length > 0 ? chosen : texts;
  const length = Math.min(MAX_COLUMNS, table.length);
  const names = Array.from({ length }, (_, row) =>
    of
      .map(({ values }) => values[row]!)
      .filter((text) => text !== '')
      .join(' '),
  );
  const optionsOf = fieldOptionsReader(panel);
  const fields = numberFields(table).map((field) => {
    const column = { name: field.name, type: 'number', values: [], config: {} } as const;
    const { color } = optionsOf(column, { fields: [column], length: 0 }, []);
    const fixed = color?.mode === 'fixed' ? colourOf(color.fixedColor ?? '', tokens.name) : undefined;
    const tone = fixed === undefined ? {} : { tone: { colour: fixed } };
    return { ...field, ...tone, values: finite(field.values).slice(0, length) };
  });
  return { name, length, fields: [{ name: 'name', type: 'text', values: names }, ...fields] };
}

const USUAL_BUCKETS = 30;
const MOST_BUCKETS = 400;

/** How often values lie in ranges of one width, per series; of all together where the panel combines them. */
export function histogramFrame(panel: Panel, { series }: PanelData, tokens: ThemeTokens): Frame {
  const all = series.flatMap(({ values }) => finite(values).filter((value) => value !== null));
  const least = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const name = visibleText(panel.title);
  if (all.length === 0) return { name, length: 0, fields: [{ name: 'name', type: 'text', values: [] }] };
  const { bucketSize, bucketOffset, bucketCount, combine } = panel.options;
  const wanted = typeof bucketCount === 'number' && bucketCount > 0 ? bucketCount : USUAL_BUCKETS;
  const said = typeof bucketSize === 'number' && bucketSize > 0 ? bucketSize : niceStep((most - least || 1) / wanted);
  const size = Math.max(said, (most - least) / MOST_BUCKETS);
  const offset = typeof bucketOffset === 'number' ? bucketOffset : 0;
  const first = Math.floor((least - offset) / size);
  const count = Math.floor((most - offset) / size) - first + 1;
  const options = series[0]!.options;
  const names = Array.from({ length: count }, (_, i) => showValue((first + i) * size + offset, options).text);
  const tones = seriesTones(series, tokens.name);
  const together: PanelSeries = { ...series[0]!, name: 'Count', values: all };
  const counted = combine === true || series.length === 1 ? [together] : series;
  const fields = counted.map((each, i): NumberField => {
    const values = new Array<number>(count).fill(0);
    for (const value of finite(each.values))
      if (value !== null) values[Math.floor((value - offset) / size) - first]! += 1;
    return { name: each.name, type: 'number', unit: '1', isCount: true, tone: tones[i]!, values };
  });
  return { name, length: count, fields: [{ name: 'name', type: 'text', values: names }, ...fields] };
}

function finite(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value) => (value === null || !Number.isFinite(value) ? null : value));
}

/** Whether a panel's bars stand on each other. */
export function isStacked({ options, defaults }: Panel): boolean {
  const said = options.stacking ?? (isObject(defaults.custom.stacking) ? defaults.custom.stacking.mode : undefined);
  return said === 'normal' || said === 'percent';
}
