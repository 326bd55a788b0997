/** Somebody saved the dashboard while it is changed here: what they did, and the two ways on. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DashboardResponse } from '#api/types.ts';
import type { JsonObject } from '#dashboards';
import { printJson } from '../../lib/dashboards/edit.ts';
import { askVersion, askVersions } from '../../lib/dashboards/save.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDateTime } from '../../lib/format.ts';
import { DiffText } from './diff-text.tsx';
import type { Draft } from './use-draft.ts';

interface ConflictNoteProps {
  readonly found: DashboardResponse;
  readonly draft: Draft;
}

export function ConflictNote({ found, draft }: ConflictNoteProps) {
  const { uid, savedMs } = found;
  const { base } = draft;
  const [isShown, setShown] = useState(false);
  const { data } = useQuery({
    queryKey: ['dashboard-conflict', uid, base, savedMs],
    queryFn: async ({ signal }) => ({
      version: (await askVersions(uid, signal)).find((each) => each.savedMs === savedMs),
      before: base === null ? undefined : await askVersion(uid, base, signal).catch(() => undefined),
    }),
  });
  const message = data?.version?.message ?? '';
  return (
    <section className="section dash-save" aria-label="Saved meanwhile">
      <p className="warning-text" role="alert">
        {savedMs === undefined
          ? 'What was saved of this dashboard was removed since you began to change it.'
          : `${visibleText(data?.version?.author ?? '') || 'Somebody'} saved this dashboard at ${formatDateTime(savedMs)}, after you began to change it${message === '' ? '' : `: ${visibleText(message)}`}.`}
      </p>
      <div className="dash-fields">
        <button type="button" className="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {data?.before === undefined ? 'How yours differs' : 'What they changed'}
        </button>
        {savedMs === undefined ? null : (
          <button type="button" className="button" onClick={draft.rebase}>
            Keep mine
          </button>
        )}
        <button type="button" className="button" onClick={draft.discard}>
          Discard mine
        </button>
        <span className="muted">“Keep mine” lets you save over it; it stays among the versions.</span>
      </div>
      {isShown ? (
        data?.before === undefined ? (
          <DiffText before={printedText(found.text)} after={printJson(draft.json)} />
        ) : (
          <DiffText before={printedText(data.before)} after={printedText(found.text)} />
        )
      ) : null}
    </section>
  );
}

/** As the console prints it, so that only what differs is seen to differ. */
export function printedText(text: string): string {
  return printJson(JSON.parse(text) as JsonObject);
}
