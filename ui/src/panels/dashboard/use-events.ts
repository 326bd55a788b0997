import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Annotation, Dashboard, Scope, TimeSpan } from '#dashboards';
import type { ApiFailure } from '../../lib/api.ts';
import { askEvents, askedAnnotations, type DashboardEvent, eventFrame } from '../../lib/dashboards/annotations.ts';
import type { Frame } from '../../lib/frame.ts';
import { useTheme } from '../../lib/theme.tsx';

interface DashboardEvents {
  readonly annotations: readonly Annotation[];
  readonly events: Frame | undefined;
}

/** What a dashboard marks in its charts, without what is switched off. One that can't be asked marks nothing. */
export function useEvents(
  dashboard: Dashboard,
  scope: Scope | undefined,
  time: TimeSpan,
  off: ReadonlySet<string>,
): DashboardEvents {
  const { tokens } = useTheme();
  const annotations = useMemo(
    () => (scope === undefined ? [] : askedAnnotations(dashboard, scope)),
    [dashboard, scope],
  );
  const { data } = useQuery<readonly DashboardEvent[], ApiFailure>({
    queryKey: ['events', dashboard.uid, annotations.map(({ expr }) => expr), time.fromMs, time.toMs],
    queryFn: async ({ signal }) => {
      const asked = annotations.map((each) => askEvents(each, scope!, time, signal).catch(() => []));
      return (await Promise.all(asked)).flat();
    },
    enabled: annotations.length > 0,
    placeholderData: keepPreviousData,
  });
  const events = useMemo(
    () => (data === undefined ? undefined : eventFrame(data, off, tokens.name)),
    [data, off, tokens.name],
  );
  return { annotations, events };
}
