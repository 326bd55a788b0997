/** Answers of a panel's queries as what its drawing shows. */
import {
  colourOf,
  type DataFrame,
  type FieldOptions,
  formatUnit,
  isObject,
  type Panel,
  reduceValues,
  showValue,
} from '#dashboards';
import { serviceColour, type ThemeName } from '../colour.ts';
import type { Figure } from '../figure.ts';
import { visibleText } from '../foreign-text.ts';
import type { UnitFormat } from '../format.ts';
import { type Frame, frameOfLines, type NumberField } from '../frame.ts';
import type { FoundTrace, LogLine, QuerySeries } from './ask.ts';
import { drawnSeries, type Grid, type PanelSeries, panelFrames } from './panel-frames.ts';

export type { Grid, PanelSeries } from './panel-frames.ts';

export interface PanelData {
  readonly series: readonly PanelSeries[];
  readonly grid: Grid;
  /** Of queries in LogQL that ask for lines. */
  readonly lines: readonly LogLine[];
  readonly traces: readonly FoundTrace[];
  /** What tables are drawn of: all fields, after the panel's transformations. */
  readonly frames: readonly DataFrame[];
  /** Transformations that could not be done, and why. */
  readonly problems: readonly string[];
  /** Why there is nothing, as far as the server knows. */
  readonly reasons: readonly string[];
}

export function gridOf(fromMs: number, toMs: number, stepMs: number): Grid {
  const startMs = Math.ceil(fromMs / stepMs) * stepMs;
  return { startMs, stepMs, count: Math.max(1, Math.floor((toMs - startMs) / stepMs) + 1) };
}

/** `fill` replaces variables in the settings of transformations. */
export function panelData(
  panel: Panel,
  answers: readonly QuerySeries[],
  grid: Grid,
  fill: (text: string) => string = (text) => text,
): PanelData {
  const { frames, problems } = panelFrames(panel, answers, fill);
  const instant = new Set(answers.flatMap(({ query }) => (query.isInstant ? [query.refId] : [])));
  const isInstant = ({ refId }: DataFrame): boolean => instant.size === answers.length || instant.has(refId ?? '');
  const lines = answers.flatMap(({ lines: own = [] }) => own);
  const traces = answers.flatMap(({ traces: own = [] }) => own);
  const reasons = answers.flatMap(({ reasons: own = [] }) => own);
  return { series: drawnSeries(panel, frames, grid, isInstant), grid, frames, problems, lines, traces, reasons };
}

/** So many lines of a chart; more can't be told apart. */
const MAX_LINES = 60;

/** A line that an override hides from the drawing is not drawn. */
function isDrawn({ options: { custom } }: PanelSeries): boolean {
  return !(isObject(custom.hideFrom) && custom.hideFrom.viz === true);
}

/** The series that a chart has a line of, in the order of its frame's fields. */
export function linesOfChart(data: SeriesOverTime): readonly PanelSeries[] {
  return drawable(data).slice(0, MAX_LINES);
}

/** How many more there would be. */
export function undrawnOf(data: SeriesOverTime): number {
  return Math.max(0, drawable(data).length - MAX_LINES);
}

type SeriesOverTime = Pick<PanelData, 'series' | 'grid'>;

function drawable({ series, grid }: SeriesOverTime): readonly PanelSeries[] {
  return series.filter((each) => each.values.length === grid.count && isDrawn(each));
}

export function chartFrame(title: string, { series, grid }: PanelData, theme: ThemeName): Frame {
  const names = new Map<string, number>();
  const drawn = linesOfChart({ series, grid });
  const tones = seriesTones(drawn, theme);
  const lines = drawn.map(({ name, labels, options, values }, index) => {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    const negative = options.custom.transform === 'negative-Y';
    return {
      name: visibleText(count === 1 ? name : `${name} (${count})`),
      labels,
      unit: '',
      writing: writingOf(options),
      tone: tones[index]!,
      values: values.map((value) => (value === null || !Number.isFinite(value) ? null : negative ? -value : value)),
    } satisfies Omit<NumberField, 'type'>;
  });
  return frameOfLines(visibleText(title), grid, lines);
}

type SeriesTone = NonNullable<NumberField['tone']>;

/** The colour of each series: its own where the panel gives it one. */
export function seriesTones(drawn: readonly PanelSeries[], theme: ThemeName): readonly SeriesTone[] {
  const tones = tonesOf(drawn, theme);
  return drawn.map(({ options: { color } }, index) => {
    const fixed = color?.mode === 'fixed' ? colourOf(color.fixedColor ?? '', theme) : undefined;
    return fixed === undefined ? tones[index]! : { colour: fixed };
  });
}

/**
 * Split by service alone, lines have the hues that services have everywhere; where two of them would look alike, as those of two queries do,
 * each has the next colour of the row.
 */
function tonesOf(drawn: readonly PanelSeries[], theme: ThemeName): readonly SeriesTone[] {
  const services = drawn.flatMap(({ labels: { service_name: service, __name__: _, ...others } }) =>
    service !== undefined && Object.keys(others).length === 0 ? [service] : [],
  );
  const colours = new Set(services.map((service) => serviceColour(service, theme)));
  return colours.size === drawn.length
    ? services.map((service) => ({ service }))
    : drawn.map((_, series) => ({ series }));
}

/** How a series' values are written: by its mappings, unit and decimals. */
export function writingOf(options: FieldOptions): UnitFormat {
  const isBinary = options.unit === 'bytes' || options.unit === 'bits' || options.unit === 'binBps';
  const format = (value: number): string => showValue(value, options).text;
  const tick = (value: number): string => formatUnit(options.unit, value);
  return { format, tick, ...(isBinary ? { steps: 'binary' as const } : {}) };
}

const DEFAULT_CALCULATION = 'lastNotNull';

/** The calculations of a panel that shows figures; its first is what they are. */
export function calculationOf(panel: Panel): string {
  const { reduceOptions } = panel.options;
  const calcs = isObject(reduceOptions) && Array.isArray(reduceOptions.calcs) ? reduceOptions.calcs : [];
  return typeof calcs[0] === 'string' ? calcs[0] : DEFAULT_CALCULATION;
}

const MAX_FIGURES = 100;

export function figuresOf(panel: Panel, { series }: PanelData, theme: ThemeName): readonly Figure[] {
  const calculation = calculationOf(panel);
  const values = series.map((each) => reduceValues(each.values, calculation));
  const present = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return series.slice(0, MAX_FIGURES).map(({ key, name, options, values: over }, i) => {
    const value = values[i]!;
    const shown = showValue(value, options);
    const min = options.min ?? Math.min(0, ...present);
    const max =
      options.max ??
      (panel.type === 'gauge' ? (options.unit === 'percentunit' ? 1 : 100) : Math.max(...present, min + 1e-9));
    return {
      key,
      name: series.length === 1 && options.displayName === undefined && panel.type !== 'bargauge' ? '' : name,
      text: shown.text,
      colour: shown.color === undefined ? undefined : colourOf(shown.color, theme),
      share: value === null ? undefined : (value - min) / (max - min || 1),
      values: over.map((each) => (each === null || !Number.isFinite(each) ? null : each)),
    };
  });
}
