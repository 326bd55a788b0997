/** What a dashboard marks in its charts: moments and spans at which its queries have values, or lines of logs. */
import {
  type Annotation,
  answeredBy,
  colourOf,
  type Dashboard,
  interpolate,
  parseInterval,
  type Scope,
  type TimeSpan,
} from '#dashboards';
import type { ThemeName } from '../colour.ts';
import { visibleText } from '../foreign-text.ts';
import { type Frame, frameOfRows } from '../frame.ts';
import { askPlain } from '../plain-api.ts';
import { askPrometheus, numberOf, type PromResult, type PromSeries } from '../prometheus.ts';

export interface DashboardEvent {
  readonly annotation: string;
  readonly timeMs: number;
  readonly endMs: number;
  readonly title: string;
  readonly text: string;
  readonly color: string | undefined;
}

/** Those that ask something that is answered here. */
export function askedAnnotations({ annotations }: Dashboard, scope: Scope): readonly Annotation[] {
  return annotations.filter((each) => {
    if (!each.isEnabled || each.isBuiltIn || each.expr.trim() === '') return false;
    const { kind } = answeredBy(each.source, scope);
    return kind === 'prometheus' || kind === 'loki';
  });
}

const USUAL_STEP_MS = 60_000;
const MOST_STEPS = 1_000;
const MOST_EVENTS = 300;

/** At most 300 of each. Throws `ApiFailure`. */
export async function askEvents(
  annotation: Annotation,
  scope: Scope,
  { fromMs, toMs }: TimeSpan,
  signal: AbortSignal,
): Promise<readonly DashboardEvent[]> {
  const saidMs = parseInterval(interpolate(annotation.minStep, scope, 'glob')) ?? USUAL_STEP_MS;
  const stepMs = Math.max(saidMs, Math.ceil((toMs - fromMs) / MOST_STEPS / 1000) * 1000);
  const start = Math.ceil(fromMs / stepMs) * stepMs;
  const expr = interpolate(annotation.expr, scope, 'promql');
  const range = { query: expr, start: start / 1000, end: Math.max(start, toMs) / 1000, step: stepMs / 1000 };
  if (answeredBy(annotation.source, scope).kind === 'loki') return askLines(annotation, range, signal);
  const { data } = await askPrometheus<PromResult>('/query_range', range, signal);
  if (data.resultType !== 'matrix') return [];
  return (data.result as readonly PromSeries[])
    .flatMap((series) => eventsOf(annotation, series, stepMs))
    .slice(0, MOST_EVENTS);
}

/** Neighbouring points that are not zero are one event. */
function eventsOf(
  annotation: Annotation,
  { metric, values = [] }: PromSeries,
  stepMs: number,
): readonly DashboardEvent[] {
  const spans: { fromMs: number; toMs: number }[] = [];
  for (const [seconds, text] of values) {
    const value = numberOf(text);
    if (value === 0 || Number.isNaN(value)) continue;
    const last = spans.at(-1);
    if (last !== undefined && seconds * 1000 - last.toMs <= stepMs * 1.5) last.toMs = seconds * 1000;
    else spans.push({ fromMs: seconds * 1000, toMs: seconds * 1000 });
  }
  return spans.map(({ fromMs, toMs }) => eventOf(annotation, metric, { fromMs, toMs }, ''));
}

function eventOf(
  { name, color, titleFormat, textFormat, tagKeys }: Annotation,
  labels: Readonly<Record<string, string>>,
  { fromMs, toMs }: TimeSpan,
  line: string,
): DashboardEvent {
  const fill = (format: string): string =>
    format.replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
  const tags = tagKeys.split(',').flatMap((key) => labels[key.trim()] ?? []);
  const text = [fill(textFormat) || line, tags.join(', ')].filter((part) => part !== '').join('\n');
  return { annotation: name, timeMs: fromMs, endMs: toMs, title: fill(titleFormat) || name, text, color };
}

async function askLines(
  annotation: Annotation,
  { query, start, end }: { readonly query: string; readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<readonly DashboardEvent[]> {
  const params = { query, start: start.toFixed(3), end: end.toFixed(3), limit: MOST_EVENTS };
  const { data } = await askPlain<{
    data: {
      resultType: string;
      result: readonly { stream: Readonly<Record<string, string>>; values: readonly (readonly [string, string])[] }[];
    };
  }>('/loki/api/v1/query_range', { params }, signal);
  if (data.resultType !== 'streams') return [];
  return data.result.flatMap(({ stream, values }) =>
    values.map(([timeNs, line]) => {
      const timeMs = Number(timeNs.slice(0, -6));
      return eventOf(annotation, stream, { fromMs: timeMs, toMs: timeMs }, line);
    }),
  );
}

/** For the charts, without the annotations that are switched off. */
export function eventFrame(events: readonly DashboardEvent[], off: ReadonlySet<string>, theme: ThemeName): Frame {
  const shown = events.filter(({ annotation }) => !off.has(annotation)).toSorted((a, b) => a.timeMs - b.timeMs);
  return frameOfRows('events', shown, {
    time: { time: ({ timeMs }) => timeMs },
    end: { number: ({ endMs }) => endMs, unit: 'ms' },
    title: { text: ({ title }) => visibleText(title) },
    text: { text: ({ text }) => visibleText(text) },
    colour: { text: ({ color }) => colourOf(color ?? '', theme) ?? 'gray' },
  });
}
