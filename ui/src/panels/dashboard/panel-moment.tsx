/** What is behind a point of a panel: its links, and the traces, logs and exemplars of that time. */
import { useQuery } from '@tanstack/react-query';
import { type PlacedPanel, showValue } from '#dashboards';
import type { ApiFailure } from '../../lib/api.ts';
import { resolveLink } from '../../lib/dashboards/links.ts';
import type { PanelData } from '../../lib/dashboards/panel-data.ts';
import { unitFormat } from '../../lib/format.ts';
import { askPrometheus, type PromExemplars } from '../../lib/prometheus.ts';
import { MomentPanel } from '../metric-moment.tsx';
import { LinkOut } from './link-out.tsx';
import type { PanelAnswer } from './use-panel-data.ts';
import type { DashboardView } from './view.ts';

export interface PanelPoint {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the line that is nearest. */
  readonly label?: string | undefined;
}

interface PanelMomentProps {
  readonly placed: PlacedPanel;
  readonly view: DashboardView;
  readonly answer: PanelAnswer;
  readonly data: PanelData;
  readonly point: PanelPoint;
  readonly onClose: () => void;
}

export function PanelMoment({ placed, view, answer, data, point, onClose }: PanelMomentProps) {
  const { queries } = answer.plan;
  const asked = queries.filter(({ source }) => source === 'prometheus').map(({ expr }) => expr);
  // A rate looks back: what made the value began before its point.
  const fromMs = point.fromMs - data.grid.stepMs;
  const exemplars = useQuery<readonly PromExemplars[], ApiFailure>({
    queryKey: ['exemplars', asked, fromMs, point.toMs],
    queryFn: async ({ signal }) => {
      const params = { start: fromMs / 1000, end: point.toMs / 1000 };
      const answers = asked.map((query) =>
        askPrometheus<PromExemplars[]>('/query_exemplars', { ...params, query }, signal),
      );
      return (await Promise.all(answers)).flatMap(({ data: found }) => found);
    },
    enabled: asked.length > 0,
  });
  const series = data.series.find(({ name }) => name === point.label);
  const bucket = Math.round((point.fromMs - data.grid.startMs) / data.grid.stepMs);
  const value = series?.values[bucket] ?? null;
  const links = (series?.options.links ?? placed.panel.defaults.links).flatMap((link) => {
    const text = series === undefined ? '' : showValue(value, series.options).text;
    const on = { name: series?.name ?? '', labels: series?.labels ?? {}, value, text, timeMs: point.fromMs };
    return resolveLink(link, placed.scope, view.time, on) ?? [];
  });
  const services = (series === undefined ? data.series : [series]).flatMap(
    ({ labels }) => labels.service_name ?? labels.job ?? [],
  );
  return (
    <div className="dash-moment">
      {links.length > 0 ? (
        <p className="dash-moment-links">
          {links.map((link) => (
            <LinkOut key={link.title} link={link} />
          ))}
        </p>
      ) : null}
      <MomentPanel
        services={[...new Set(services)]}
        exemplars={(exemplars.data ?? []).flatMap(({ exemplars: found }) =>
          found.flatMap(({ labels, value: text, timestamp }) => {
            const traceId = labels.trace_id ?? labels.traceID;
            if (traceId === undefined) return [];
            return [{ traceId, spanId: labels.span_id ?? '', value: Number(text), timeMs: timestamp * 1000 }];
          }),
        )}
        moment={{ fromMs, toMs: point.toMs }}
        format={unitFormat(unitOfName(asked.join(' '))).format}
        onClose={onClose}
      />
    </div>
  );
}

/** Of exemplars, as far as the names of their metrics tell. */
function unitOfName(expr: string): string {
  if (/_seconds(?:_|\b)/.test(expr)) return 's';
  return /_bytes(?:_|\b)/.test(expr) ? 'By' : '';
}
