/** Saving of the dashboard on the page: what is asked of the server, and what the page has afterwards. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { DashboardResponse } from '#api/types.ts';
import { askDashboard, isConflict, removeSaved, saveDashboard } from '../../lib/dashboards/save.ts';
import { dashboardQuestion, dashboardsQuestion } from '../../lib/questions.ts';

export interface Saving {
  /** Rejects with what the server has against it; where somebody saved meanwhile, the page then has what they saved. */
  readonly save: (text: string, message: string, base: number | null) => Promise<void>;
  /** A dashboard of its own; its uid. */
  readonly saveCopy: (text: string, message: string) => Promise<string>;
  /** Whether there still is a dashboard: that of a file, which what was saved had hidden. */
  readonly remove: () => Promise<boolean>;
}

export function useSaving(found: DashboardResponse): Saving {
  const client = useQueryClient();
  const keep = useCallback(
    (answer: DashboardResponse) => {
      const { path, params } = dashboardQuestion(found.uid);
      client.setQueryData([path, params], answer);
      void client.invalidateQueries({ queryKey: [dashboardsQuestion().path] });
    },
    [client, found.uid],
  );
  const save = useCallback<Saving['save']>(
    async (text, message, base) => {
      try {
        const { savedMs } = await saveDashboard(text, message, base);
        keep({ ...found, text, savedMs, origin: 'saved' });
      } catch (error) {
        // It may be gone altogether; then the page keeps what it has.
        if (isConflict(error)) await askDashboard(found.uid).then(keep, () => undefined);
        throw error;
      }
    },
    [found, keep],
  );
  const saveCopy = useCallback<Saving['saveCopy']>(
    async (text, message) => {
      const { uid } = await saveDashboard(text, message, null);
      void client.invalidateQueries({ queryKey: [dashboardsQuestion().path] });
      return uid;
    },
    [client],
  );
  const remove = useCallback(async () => {
    await removeSaved(found.uid);
    const before = await askDashboard(found.uid).catch(() => undefined);
    if (before !== undefined) keep(before);
    else void client.invalidateQueries({ queryKey: [dashboardsQuestion().path] });
    return before !== undefined;
  }, [client, found.uid, keep]);
  return { save, saveCopy, remove };
}
