/** Answers in PromQL as frames: lines over time, exemplars, values at one moment. */
import { visibleText } from '../foreign-text.ts';
import { type Frame, frameOfLines, frameOfRows, type NumberField } from '../frame.ts';
import { numberOf, type PromExemplars, type PromSeries } from '../prometheus.ts';
import { lineNames, type PromLabels } from '../promql/legend.ts';
import type { Query } from '../promql/queries.ts';
import { isSeverityGroup } from '../severity.ts';
import type { Tone } from '../tone.ts';

/** Points of a range, `step` apart. All in milliseconds; the first is at `startMs`. */
export interface StepGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

const STEPS_S: readonly number[] = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
];
/** So far apart are two points on the screen, at least. */
const PX_PER_POINT = 3;
/** As often as most metrics are sent: points between would repeat them. A short range has some points all the same. */
const USUAL_INTERVAL_S = 15;
const LEAST_POINTS = 60;

/** A step for each few pixels; the points lie on multiples of it, so that a refresh moves none of them. */
export function chooseStep(fromMs: number, toMs: number, widthPx: number): StepGrid {
  const spanS = (toMs - fromMs) / 1000;
  const points = Math.max(LEAST_POINTS, Math.floor(widthPx / PX_PER_POINT));
  const wantedS = Math.max(spanS / points, Math.min(USUAL_INTERVAL_S, spanS / LEAST_POINTS));
  const stepMs = (STEPS_S.find((step) => step >= wantedS) ?? Math.ceil(wantedS / 604_800) * 604_800) * 1000;
  const startMs = Math.ceil(fromMs / stepMs) * stepMs;
  const count = Math.max(1, Math.floor((toMs - startMs) / stepMs) + 1);
  return { startMs, stepMs, count };
}

/** What a query was answered. */
export interface QueryAnswer {
  readonly query: Query;
  readonly series: readonly PromSeries[];
  readonly unit: string;
}

export interface Drawing {
  readonly frame: Frame;
  readonly shownCount: number;
  readonly foldedCount: number;
  /** Lines whose values are all NaN or infinite, wherever on the grid: an answer kept while the next loads may have none on it. */
  readonly blankCount: number;
  /** Series of native histograms, which are no lines. */
  readonly histogramCount: number;
}

/** As many lines as can be told apart; those with the largest last values. */
const MAX_LINES = 50;

export function drawingOf(answers: readonly QueryAnswer[], grid: StepGrid): Drawing {
  const isAlone = answers.length === 1;
  const lines = answers.flatMap(({ query, series, unit }) => {
    const drawn = series.filter(({ values }) => values !== undefined);
    const names = lineNames(
      drawn.map(({ metric }) => metric),
      query.legend,
      query.text,
    );
    return drawn.map((each, i) => ({
      // Lines of several queries say which.
      name: visibleText(isAlone || query.legend !== '' ? names[i]! : `${query.letter.toUpperCase()} ${names[i]!}`),
      labels: each.metric,
      unit,
      values: valuesOn(grid, each),
    }));
  });
  const ranked = lines.length > MAX_LINES ? [...lines].sort((a, b) => lastOf(b.values) - lastOf(a.values)) : lines;
  const shown = ranked.slice(0, MAX_LINES);
  const fields = distinct(shown).map((line, i) => ({ ...line, tone: toneOf(line.labels, i, shown.length, isAlone) }));
  return {
    frame: frameOfLines('PromQL', grid, fields),
    shownCount: shown.length,
    foldedCount: lines.length - shown.length,
    blankCount: countSeries(answers, ({ values }) => values?.every(([, text]) => !Number.isFinite(numberOf(text)))),
    histogramCount: countSeries(answers, ({ histograms }) => histograms !== undefined),
  };
}

function countSeries(answers: readonly QueryAnswer[], is: (series: PromSeries) => boolean | undefined): number {
  return answers.reduce((sum, { series }) => sum + series.filter(is).length, 0);
}

type LabelledLine = Omit<NumberField, 'type' | 'labels'> & { readonly labels: PromLabels };

/** Lines of two queries may be called alike. */
function distinct(lines: readonly LabelledLine[]): readonly LabelledLine[] {
  const seen = new Map<string, number>();
  return lines.map((line) => {
    const count = (seen.get(line.name) ?? 0) + 1;
    seen.set(line.name, count);
    return count === 1 ? line : { ...line, name: `${line.name} (${count})` };
  });
}

/** As LogQL and the tools that feed it call it. */
const LEVEL_LABELS: ReadonlySet<string> = new Set(['detected_level', 'level']);

/** Split by service or by level alone, the lines of one query have the hues that these have everywhere. */
function toneOf(labels: PromLabels, index: number, count: number, isAlone: boolean): Tone {
  if (count === 1) return 'accent';
  const [label, ...others] = Object.entries(labels);
  if (isAlone && label !== undefined && others.length === 0) {
    const [name, value] = label;
    if (name === 'service_name') return { service: value };
    if (LEVEL_LABELS.has(name) && isSeverityGroup(value)) return { severity: value };
  }
  return { series: index };
}

/** `null` where there is no point, or none that is a number. */
function valuesOn({ startMs, stepMs, count }: StepGrid, { values = [] }: PromSeries): (number | null)[] {
  const on = new Array<number | null>(count).fill(null);
  for (const [seconds, text] of values) {
    const at = Math.round((seconds * 1000 - startMs) / stepMs);
    const value = numberOf(text);
    if (at >= 0 && at < count && Number.isFinite(value)) on[at] = value;
  }
  return on;
}

function lastOf(values: readonly (number | null)[]): number {
  return values.findLast((value) => value !== null) ?? Number.NEGATIVE_INFINITY;
}

/** `key` is `traceId/spanId`; those without a trace are left out, since there is nothing to open. */
export function promExemplarFrame(found: readonly PromExemplars[], unit: string): Frame {
  const rows = found.flatMap(({ exemplars }) =>
    exemplars.flatMap(({ labels, value, timestamp }) => {
      const traceId = labels.trace_id ?? labels.traceID ?? '';
      const number = numberOf(value);
      if (traceId === '' || !Number.isFinite(number)) return [];
      return [{ timeMs: timestamp * 1000, value: number, key: `${traceId}/${labels.span_id ?? ''}` }];
    }),
  );
  return frameOfRows('exemplars', rows, {
    time: { time: ({ timeMs }) => timeMs },
    value: { number: ({ value }) => value, unit },
    key: { text: ({ key }) => key },
  });
}

/** A row of the table: a series of a query and its value at one moment. */
export interface InstantRow {
  readonly key: string;
  readonly letter: string;
  readonly labels: PromLabels;
  /** As it is written; NaN and infinities too. */
  readonly text: string;
  readonly value: number | null;
}

export function instantRows(
  answers: readonly QueryAnswer[],
  write: (unit: string, value: number) => string,
): readonly InstantRow[] {
  return answers.flatMap(({ query, series, unit }) =>
    series.map(({ metric, value, histogram }, i): InstantRow => {
      const row = { key: `${query.letter}${i}`, letter: query.letter.toUpperCase(), labels: metric };
      if (histogram !== undefined) {
        const { count, sum } = histogram[1];
        return { ...row, text: `histogram: count ${count}, sum ${sum}`, value: numberOf(count) };
      }
      const number = numberOf(value?.[1] ?? 'NaN');
      return {
        ...row,
        text: Number.isNaN(number) ? 'no number' : write(unit, number),
        value: Number.isFinite(number) ? number : null,
      };
    }),
  );
}
