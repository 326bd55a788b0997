/** Answers as frames, with the panel's transformations, and the series that are drawn of those. */
import {
  type AnsweredSeries,
  applyTransformations,
  type DataField,
  type DataFrame,
  displayNameOf,
  type FieldOptions,
  fieldOptionsReader,
  type Labels,
  type Panel,
  queryFrames,
  timeFieldOf,
} from '#dashboards';
import { numberOf } from '../prometheus.ts';
import { lineNames, seriesName } from '../promql/legend.ts';
import type { QuerySeries } from './ask.ts';

export interface PanelSeries {
  readonly key: string;
  readonly name: string;
  readonly refId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: FieldOptions;
  /** One value per point of the grid; one alone of an instant query. */
  readonly values: readonly (number | null)[];
}

export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export interface PanelFrames {
  readonly frames: readonly DataFrame[];
  /** Transformations that could not be done, and why. */
  readonly problems: readonly string[];
}

/** What the queries answered, after the panel's transformations. `fill` replaces variables in their settings. */
export function panelFrames(
  panel: Panel,
  answers: readonly QuerySeries[],
  fill: (text: string) => string,
): PanelFrames {
  const isTransformed = panel.transformations.some(({ isDisabled }) => !isDisabled);
  const isOnly = answers.length === 1;
  const frames = answers.flatMap(({ query, series }) => {
    const names = namesOf(
      query,
      series.map(({ metric }) => metric),
      isTransformed,
    );
    const answered = series.map((each, i) => answeredSeries(each, names[i], query.shiftMs));
    return queryFrames(query, answered, isOnly);
  });
  return applyTransformations(panel.transformations, frames, fill);
}

/** As people read them; transformations were written for the names that Grafana makes. */
function namesOf(
  { legend, expr }: QuerySeries['query'],
  labels: readonly Labels[],
  isTransformed: boolean,
): readonly (string | undefined)[] {
  if (isTransformed && legend === '__auto') return labels.map(() => undefined);
  if (isTransformed && legend === '') return labels.map(seriesName);
  return lineNames(labels, legend === '__auto' ? '' : legend, expr);
}

type Answered = QuerySeries['series'][number];

function answeredSeries(
  { metric, value, values, histogram, histograms }: Answered,
  name: string | undefined,
  shiftMs: number,
): AnsweredSeries {
  const own = value === undefined ? values : [value];
  const points =
    own ?? (histogram === undefined ? (histograms ?? []) : [histogram]).map(([s, { count }]) => [s, count] as const);
  return {
    labels: metric,
    name,
    timesMs: points.map(([seconds]) => Math.round(seconds * 1000) + shiftMs),
    values: points.map(([, text]) => numberOf(text)),
  };
}

/** The fields of numbers of some frames, with what the panel says of each. Those of instants have their values as they are. */
export function drawnSeries(
  panel: Panel,
  frames: readonly DataFrame[],
  grid: Grid,
  isInstant: (frame: DataFrame) => boolean,
): readonly PanelSeries[] {
  const optionsOf = fieldOptionsReader(panel);
  return frames.flatMap((frame, at) => {
    const time = isInstant(frame) ? undefined : timeFieldOf(frame);
    const parts = rowsByTexts(frame);
    const isOnly = frame.fields.filter(({ type }) => type === 'number').length === 1;
    return frame.fields.flatMap((field, i): PanelSeries[] => {
      if (field.type !== 'number') return [];
      const options = optionsOf(field, frame, frames);
      const name = shownName(field, frame, frames, options);
      const head = { refId: frame.refId ?? '', options };
      const key = `${head.refId} ${at} ${i}`;
      if (parts === undefined)
        return [{ ...head, key, name, labels: field.labels ?? {}, values: valuesOf(field, time, grid) }];
      return parts.map(({ labels, rows }, part) => {
        const text = Object.values(labels).join(' ');
        const values = valuesOf(pick(field, rows), time && pick(time, rows), grid);
        return { ...head, key: `${key} ${part}`, name: isOnly ? text || name : `${name} ${text}`, labels, values };
      });
    });
  });
}

/** A table is a series for each set of texts in its rows; undefined for one without texts, whose columns are series. */
function rowsByTexts(
  frame: DataFrame,
): readonly { readonly labels: Labels; readonly rows: readonly number[] }[] | undefined {
  const texts = frame.fields.filter(({ type }) => type === 'string');
  if (texts.length === 0) return undefined;
  const parts = new Map<string, { readonly labels: Labels; readonly rows: number[] }>();
  for (let row = 0; row < frame.length; row++) {
    const pairs = texts.map((field) => [displayNameOf(field, frame), String(field.values[row] ?? '')] as const);
    const labels = Object.fromEntries(pairs.filter(([, value]) => value !== ''));
    const key = JSON.stringify(pairs);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { labels, rows: [row] });
    else part.rows.push(row);
  }
  return [...parts.values()];
}

function pick(field: DataField, rows: readonly number[]): DataField {
  return { ...field, values: rows.map((row) => field.values[row]) };
}

function valuesOf(field: DataField, time: DataField | undefined, grid: Grid): readonly (number | null)[] {
  const values = field.values.map((value) => (typeof value === 'number' ? value : null));
  return time === undefined ? values : valuesOn(grid, time.values as readonly number[], values);
}

function valuesOn(
  { startMs, stepMs, count }: Grid,
  timesMs: readonly number[],
  values: readonly (number | null)[],
): (number | null)[] {
  const on = new Array<number | null>(count).fill(null);
  for (const [i, value] of values.entries()) {
    const at = Math.round((timesMs[i]! - startMs) / stepMs);
    if (at >= 0 && at < count && value !== null && !Number.isNaN(value)) on[at] = value;
  }
  return on;
}

/** The name of a field, as the panel has it shown. */
export function shownName(
  field: DataField,
  frame: DataFrame,
  frames: readonly DataFrame[],
  { displayName }: FieldOptions,
): string {
  const { displayName: _, ...config } = field.config;
  if (displayName === undefined) return displayNameOf(field, frame, frames);
  const name = displayName.includes('$') ? displayNameOf({ ...field, config }, frame, frames) : '';
  return fillName(displayName, name, field.labels ?? {});
}

/** `${__field.labels.job}`, `${__series.name}` and their like in a display name. */
function fillName(format: string, name: string, labels: Labels): string {
  return format
    .replace(
      /\$\{__field\.labels\.([^}]+)\}/g,
      (_, label: string) => labels[label.replace(/^["[]+|["\]]+$/g, '')] ?? '',
    )
    .replace(/\$\{__(?:series|field)\.(?:name|displayName)\}/g, () => name);
}
