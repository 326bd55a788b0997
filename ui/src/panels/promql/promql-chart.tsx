/** The queries over time in one chart: a line per series, exemplars over them, and what is behind a point. */
import { useMemo, useState } from 'react';
import { formatSpan, plural, unitFormat } from '../../lib/format.ts';
import { drawingOf, promExemplarFrame, type QueryAnswer, type StepGrid } from '../../lib/frames/promql.ts';
import { useLinks } from '../../lib/links.ts';
import type { PromExemplars } from '../../lib/prometheus.ts';
import { useScope } from '../../lib/scope.tsx';
import { TimeSeries } from '../../viz/time-series/time-series.tsx';
import { type Moment, MomentPanel } from '../metric-moment.tsx';

interface PromqlChartProps {
  readonly answers: readonly QueryAnswer[];
  readonly grid: StepGrid;
  readonly exemplars: readonly PromExemplars[];
  readonly isWithExemplars: boolean;
}

export function PromqlChart({ answers, grid, exemplars, isWithExemplars }: PromqlChartProps) {
  const scope = useScope();
  const links = useLinks();
  const [moment, setMoment] = useState<Moment>();
  const drawing = useMemo(() => drawingOf(answers, grid), [answers, grid]);
  const unit = answers[0]?.unit ?? '';
  const marks = useMemo(() => promExemplarFrame(exemplars, unit), [exemplars, unit]);
  const { shownCount, foldedCount, blankCount, histogramCount } = drawing;
  const notes = [`${plural(shownCount, 'series', 'series')}, a point every ${formatSpan(grid.stepMs)}`];
  if (foldedCount > 0)
    notes.push(`those with the largest last values; ${foldedCount} more are not drawn: topk() chooses others`);
  if (blankCount > 0)
    notes.push(
      `${blankCount === shownCount ? 'all' : blankCount} without any number: their values are NaN or infinite`,
    );
  if (histogramCount > 0)
    notes.push(
      `${plural(histogramCount, 'native histogram')} not drawn: histogram_quantile() or histogram_avg() makes lines of them`,
    );
  if (isWithExemplars)
    notes.push(marks.length > 0 ? 'squares are exemplars: click for the trace' : 'no exemplars in this range');
  return (
    <div className="section">
      <TimeSeries
        title={
          answers.length === 1
            ? 'Result'
            : `Queries ${answers.map(({ query }) => query.letter.toUpperCase()).join(', ')}`
        }
        note={notes.join('; ')}
        frame={drawing.frame}
        fromMs={scope.fromMs}
        toMs={scope.toMs}
        // Each point is complete: it looks back from its time.
        nowMs={grid.startMs + grid.count * grid.stepMs}
        height={340}
        legend="table"
        logOffered
        marks={marks}
        onMark={(key) => {
          const [traceId, span] = key.split('/');
          links.go(links.trace(traceId!, span ? { span } : {}));
        }}
        onZoom={scope.zoomTo}
        onPoint={(timeMs) => setMoment({ fromMs: timeMs - grid.stepMs, toMs: timeMs })}
      />
      {moment ? (
        <MomentPanel
          services={servicesOf(answers)}
          exemplars={exemplars.flatMap(({ exemplars: found }) =>
            found.flatMap(({ labels, value, timestamp }) =>
              labels.trace_id === undefined
                ? []
                : [
                    {
                      traceId: labels.trace_id,
                      spanId: labels.span_id ?? '',
                      value: Number(value),
                      timeMs: timestamp * 1000,
                    },
                  ],
            ),
          )}
          moment={moment}
          format={unitFormat(unit).format}
          onClose={() => setMoment(undefined)}
        />
      ) : null}
    </div>
  );
}

/** Those that the lines are of, as far as their labels tell. */
function servicesOf(answers: readonly QueryAnswer[]): readonly string[] {
  const names = answers.flatMap(({ series }) => series.map(({ metric }) => metric.service_name ?? metric.job));
  return [...new Set(names.filter((name) => name !== undefined))];
}
