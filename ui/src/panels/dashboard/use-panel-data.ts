import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { interpolate, type PanelPlan, type PlacedPanel, planPanel } from '#dashboards';
import type { ApiFailure } from '../../lib/api.ts';
import { askPanel, type QuerySeries } from '../../lib/dashboards/ask.ts';
import { gridOf, type PanelData, panelData } from '../../lib/dashboards/panel-data.ts';
import type { Frame } from '../../lib/frame.ts';
import { promExemplarFrame } from '../../lib/frames/promql.ts';
import { askPrometheus, type PromExemplars } from '../../lib/prometheus.ts';
import type { DashboardView } from './view.ts';

export interface PanelAnswer {
  readonly plan: PanelPlan;
  readonly data: PanelData | undefined;
  /** Of the queries that ask for them, as points over a chart. */
  readonly exemplars: Frame | undefined;
  readonly error: ApiFailure | undefined;
  /** What is shown is the answer to an older question. */
  readonly isStale: boolean;
  readonly retry: () => void;
}

/** What a panel asked for, while it is on screen: what it had stays until the next answer. */
export function usePanelData(
  { panel, scope }: PlacedPanel,
  view: DashboardView,
  widthPx: number,
  isSeen: boolean,
): PanelAnswer {
  const { time, filters } = view;
  // A resize of some pixels is no other question.
  const width = Math.max(200, Math.round(widthPx / 200) * 200);
  const plan = useMemo(
    () => planPanel(panel, { scope, time, widthPx: width, filters }),
    [panel, scope, time, width, filters],
  );
  const stepMs = Math.max(1000, ...plan.queries.filter(({ isInstant }) => !isInstant).map((query) => query.stepMs));
  const key = plan.queries.map(({ expr, isInstant, time: { fromMs, toMs } }) => [expr, isInstant, fromMs, toMs]);
  const query = useQuery<QuerySeries[], ApiFailure>({
    queryKey: ['panel', key, stepMs],
    queryFn: ({ signal }) => askPanel(plan.queries, stepMs, signal),
    enabled: isSeen && plan.queries.length > 0,
    placeholderData: keepPreviousData,
  });
  const answered = query.data;
  const data = useMemo(() => {
    if (answered === undefined) return undefined;
    const first = answered[0]?.query;
    const shown =
      first === undefined ? time : { fromMs: first.time.fromMs + first.shiftMs, toMs: first.time.toMs + first.shiftMs };
    const fill = (text: string): string => interpolate(text, scope, 'glob');
    return panelData(panel, answered, gridOf(shown.fromMs, shown.toMs, stepMs), fill);
  }, [panel, answered, time, stepMs, scope]);
  const marked = plan.queries.filter(({ source, target }) => source === 'prometheus' && target.hasExemplars);
  const exemplars = useQuery<readonly PromExemplars[], ApiFailure>({
    queryKey: ['panel exemplars', marked.map(({ expr }) => expr), time.fromMs, time.toMs],
    queryFn: async ({ signal }) => {
      const found = marked.map(({ expr, time: { fromMs, toMs } }) =>
        askPrometheus<PromExemplars[]>(
          '/query_exemplars',
          { query: expr, start: fromMs / 1000, end: toMs / 1000 },
          signal,
        ),
      );
      return (await Promise.all(found)).flatMap(({ data: own }) => own);
    },
    enabled: isSeen && marked.length > 0 && answered !== undefined,
    placeholderData: keepPreviousData,
  });
  const marks = useMemo(
    () => (exemplars.data === undefined ? undefined : promExemplarFrame(exemplars.data, '')),
    [exemplars.data],
  );
  return {
    plan,
    data,
    exemplars: marks,
    error: query.error ?? undefined,
    isStale: query.isPlaceholderData,
    retry: () => void query.refetch(),
  };
}
